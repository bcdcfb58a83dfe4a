//! `calls.tsv`, the list of calls that the script keeps: which file answers which question.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Error;
use super::answer::{self, ApiError};
use super::folder::{File, Folder};
use super::place;
use super::plan::{Answer, Plan};
use super::subject;
use crate::aws::arn;
use crate::snapshot::operations::{OPERATIONS, Operation};

/// The calls of all lists in the folder, in their order, and which files they name.
pub(super) fn read(folder: &Folder) -> Result<(Vec<Plan>, Vec<bool>), Error> {
    let mut plans = Vec::new();
    let mut listed = vec![false; folder.files.len()];
    for (source, list) in folder.files.iter().enumerate() {
        if !list.is_index() {
            continue;
        }
        let fault = |line: usize, why| Error::Index {
            path: list.name.clone(),
            line,
            why,
        };
        let bytes = list.read().map_err(|_| fault(1, "it cannot be read"))?;
        let text = String::from_utf8(bytes).map_err(|_| fault(1, "it is not UTF-8"))?;
        for (number, line) in (1..).zip(text.lines()) {
            let entry = Entry::read(line).map_err(|why| fault(number, why))?;
            let name = format!("{}{}", list.folder(), entry.name);
            let file = folder.find(&name);
            if let Some(listed) = file.and_then(|file| listed.get_mut(file)) {
                *listed = true;
            }
            plans.push(Plan {
                outcome: entry.outcome(folder, &name, file),
                account: entry.account,
                region: entry.region,
                operation: entry.operation,
                request: entry.request,
                at: entry.at,
                source: Some(source),
                file,
                // The list says which file is the answer: one beside it may mend it.
                damaged: false,
            });
        }
    }
    Ok((plans, listed))
}

/// One line of the list.
struct Entry<'l> {
    /// The file of the answer, beside the list; it may be missing.
    name: &'l str,
    account: String,
    region: String,
    operation: &'static Operation,
    succeeded: bool,
    at: Timestamp,
    request: Value,
}

impl<'l> Entry<'l> {
    fn read(line: &'l str) -> Result<Self, &'static str> {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (name, account, region) = (column(), column(), column());
        let (service, operation) = (column(), column());
        let (status, time) = (column(), column());
        let operation =
            by_cli_name(service, operation).ok_or("it names no call that is known here")?;
        if !arn::is_account(account) {
            return Err("the account is not 12 digits");
        }
        let at = time.parse().map_err(|_| "the time is not in RFC 3339")?;
        let request = request(columns).ok_or("a request parameter has no value")?;
        Ok(Self {
            name,
            account: account.to_owned(),
            region: region.to_owned(),
            operation,
            succeeded: status == "0",
            at,
            request,
        })
    }

    fn outcome(
        &self,
        folder: &Folder,
        name: &str,
        file: Option<usize>,
    ) -> Result<Answer, ApiError> {
        // The script keeps the empty file of a call that failed: where it is gone, somebody took it.
        let file = file.and_then(|file| folder.get(file));
        let Some(file) = file.filter(|file| file.is_there()) else {
            return Err(answer::unusable(format!("`{name}` is missing")));
        };
        if self.succeeded {
            self.answer(file).map_err(answer::unusable)
        } else {
            Err(answer::cli_error(name, &folder.error_beside(file)))
        }
    }

    /// The answer in the file; the error says why it is none to this call, naming the file.
    fn answer(&self, file: &File) -> Result<Answer, String> {
        let bytes = file.read()?;
        let value = answer::parse(&file.name, &bytes)?;
        answer::check(&file.name, &value, self.operation)?;
        let stray = subject::contradiction(self.operation, &self.request, &value).or_else(|| {
            let owners = place::owners(self.operation, &value);
            place::contradiction(&owners, &self.account, &self.region)
        });
        match stray {
            Some(why) => Err(format!("`{}` {why}", file.name)),
            None => Ok(Answer::new(self.operation, &bytes, &value)),
        }
    }
}

/// `describe-trails` of `cloudtrail` -> `DescribeTrails`.
fn by_cli_name(service: &str, operation: &str) -> Option<&'static Operation> {
    // The AWS CLI calls by its product name what has another endpoint prefix.
    let service = if service == "cloudwatch" {
        "monitoring"
    } else {
        service
    };
    OPERATIONS
        .iter()
        .find(|known| known.service == service && cli_name(known.name) == operation)
}

/// `DescribeTrails` -> `describe-trails`.
pub(super) fn cli_name(operation: &str) -> String {
    let mut name = String::with_capacity(operation.len() + 4);
    for (index, c) in operation.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// `Member=value` and `Member[]=value` as JSON.
fn request<'t>(members: impl Iterator<Item = &'t str>) -> Option<Value> {
    let mut request = Map::new();
    for member in members.filter(|member| !member.is_empty()) {
        let (name, value) = member.split_once('=')?;
        if let Some(name) = name.strip_suffix("[]") {
            let list = request.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut()?.push(Value::from(value));
        } else {
            // The one parameter that is no text; a rule or a log group may well be called `true`.
            let value = match (name, value) {
                ("includeShadowTrails", "true") => Value::Bool(true),
                ("includeShadowTrails", "false") => Value::Bool(false),
                (_, text) => Value::from(text),
            };
            request.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(request))
}
