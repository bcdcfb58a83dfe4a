//! Files that no list of calls names: matched to an operation by their name or their shape, and to an account, a region
//! and a subject by their path and content.
//!
//! A file is used only where all four are certain. What cannot be told becomes a failed call that names the file.

use serde_json::{Value, json};

use super::Defaults;
use super::answer::{self, ApiError};
use super::folder::{File, Folder};
use super::index;
use super::name::{by_name, by_shape};
use super::place::{self, Identities, Owners};
use super::plan::{Answer, Plan};
use super::subject::{self, Asked, Doubt};
use crate::aws::arn::{self, is_account, is_region};
use crate::snapshot::operations::{OPERATIONS, Operation, UNKNOWN_FILE};

/// The calls of loose files, each given by its place in the folder; `known` are those of the lists.
pub(super) fn plans(
    folder: &Folder,
    loose: &[usize],
    known: &[Plan],
    defaults: &Defaults,
) -> Vec<Plan> {
    let loose: Vec<Loose> = loose
        .iter()
        .filter_map(|index| Some(Loose::read(folder, *index, folder.get(*index)?)))
        .collect();
    let identities = identities(folder, &loose, known);
    let mut plans = Vec::new();
    let mut unknown = 0;
    for loose in loose {
        let is_unknown = loose.operation.is_err();
        unknown += usize::from(is_unknown);
        if is_unknown && unknown > MAX_UNKNOWN {
            continue;
        }
        if let Some(file) = folder.get(loose.file) {
            plans.extend(loose.plans(folder, file, &identities, defaults));
        }
    }
    if let Some(more) = unknown.checked_sub(MAX_UNKNOWN).filter(|more| *more > 0) {
        let why = format!("{more} more files are no answers that are known here");
        plans.push(unknown_file("", "", jiff::Timestamp::UNIX_EPOCH, why));
    }
    plans
}

/// Files that answer nothing are named one by one up to here: whoever imports a whole disk learns no more from the rest.
const MAX_UNKNOWN: usize = 1_000;

/// A file with what can be told from it alone.
struct Loose {
    file: usize,
    /// The operation, or why there is none.
    operation: Result<&'static Operation, String>,
    content: Content,
    /// The region in the name of the file, or in an ARN that need not lie in the region asked.
    hint: Option<String>,
    owners: Owners,
}

/// A question, and why not where the answer leaves it out.
type AskedOrNot = (Asked, Option<String>);

enum Content {
    /// The questions that it answers, each with why not where it leaves a part of one out; or why none is known.
    Answer(Answer, Result<Vec<AskedOrNot>, Doubt>),
    /// The AWS CLI wrote an error of AWS.
    Refused(ApiError, Option<String>),
    Unusable(String, Option<String>),
}

impl Loose {
    fn read(folder: &Folder, index: usize, file: &File) -> Self {
        let bytes = file.read();
        let named = by_name(file.file_name());
        let mut loose = Self {
            file: index,
            operation: Err(String::new()),
            content: Content::Unusable(String::new(), None),
            hint: None,
            owners: Owners::new(),
        };
        let (name, rest, all) = match named {
            Ok(None) => (None, None, false),
            Ok(Some(named)) => {
                // A place in the name of the file is no subject.
                loose.hint = named.rest.clone().filter(|rest| is_region(rest));
                let is_place = |rest: &String| is_region(rest) || is_account(rest);
                let rest = named.rest.filter(|rest| !is_place(rest));
                (Some(named.operation), rest, named.all)
            }
            Err(other) => {
                loose.operation = Err(format!(
                    "`{}` is an answer to {other}, which is not asked about here",
                    file.name
                ));
                return loose;
            }
        };
        let usable = bytes
            .and_then(|bytes| Ok((answer::parse(&file.name, &bytes)?, bytes)))
            .map_err(|why| (refusal(folder, file), why));
        match usable {
            Ok((value, bytes)) => loose.answer(file, (&value, &bytes), name, (rest, all)),
            Err((Some((error, text)), _)) => {
                let told = answer::operation_in_error(&text)
                    .and_then(|name| OPERATIONS.iter().find(|operation| operation.name == name));
                loose.operation = name.or(told).ok_or_else(|| unknown(file));
                loose.content = Content::Refused(error, rest);
            }
            Err((None, why)) => {
                loose.operation = name.ok_or_else(|| why.clone());
                loose.content = Content::Unusable(why, rest);
            }
        }
        loose
    }

    fn answer(
        &mut self,
        file: &File,
        (value, bytes): (&Value, &[u8]),
        by_name: Option<&'static Operation>,
        (rest, all): (Option<String>, bool),
    ) {
        self.operation = by_name.map_or_else(|| by_shape(&file.name, value), Ok);
        let Ok(operation) = self.operation else {
            return;
        };
        if let Err(why) = answer::check(&file.name, value, operation) {
            self.content = Content::Unusable(why, rest);
            return;
        }
        let answer = Answer::new(operation, bytes, value);
        self.owners = place::owners(operation, value);
        if operation.name == "GetEventSelectors" {
            let arn = subject::text(value, "TrailARN").unwrap_or_default();
            let region = arn::region(arn).filter(|region| is_region(region));
            self.hint = region.map(str::to_owned).or(self.hint.take());
        }
        let asked = subject::asked(operation, rest.as_deref(), value, all);
        let asked = asked.map(|asked| {
            asked
                .into_iter()
                .flat_map(|asked| told(file, operation, asked, value))
                .collect()
        });
        self.content = Content::Answer(answer, asked);
    }

    fn plans(
        self,
        folder: &Folder,
        file: &File,
        identities: &Identities,
        defaults: &Defaults,
    ) -> Vec<Plan> {
        let name = &file.name;
        let nowhere = |account: &str, why: String| {
            vec![Plan {
                source: Some(self.file),
                file: Some(self.file),
                ..unknown_file(account, name, file.written, why)
            }]
        };
        let identity = self.identity().map(str::to_owned);
        let account = identity.or_else(|| place::account_of(folder, file, identities, defaults));
        let operation = match self.operation {
            Ok(found) => found,
            Err(why) => return nowhere(&account.unwrap_or_default(), why),
        };
        let Some(account) = account else {
            let why = format!(
                "`{name}` does not say which account it is of; put it into a folder named by the account id"
            );
            return nowhere("", why);
        };
        let told = (self.hint.as_deref(), &self.owners);
        let Some(region) = place::region_of(folder, file, operation, told, defaults) else {
            let why = format!(
                "`{name}` does not say which region it is of; put it into a folder named by the region"
            );
            return nowhere(&account, why);
        };
        let damaged = file.size > 0 && matches!(self.content, Content::Unusable(..));
        let plan = |request: Value, outcome: Result<Answer, ApiError>| Plan {
            account: account.clone(),
            region: region.clone(),
            operation,
            request,
            at: file.written,
            source: Some(self.file),
            file: Some(self.file),
            damaged,
            outcome,
        };
        let (asked, outcome) = match self.content {
            Content::Answer(answer, asked) => {
                let in_folder = place::account_in_path(folder, file);
                let stray =
                    place::contradiction(&self.owners, in_folder.unwrap_or(&account), &region);
                match stray {
                    None => (asked, Ok(answer)),
                    Some(why) => (asked, Err(answer::unusable(format!("`{name}` {why}")))),
                }
            }
            Content::Refused(error, rest) => (about(operation, rest.as_deref()), Err(error)),
            Content::Unusable(why, rest) => (
                about(operation, rest.as_deref()),
                Err(answer::unusable(why)),
            ),
        };
        match (asked, outcome) {
            (Ok(asked), mut outcome) => asked
                .into_iter()
                .map(|(asked, untold)| {
                    let answered = match untold {
                        Some(why) => Err(answer::unusable(why)),
                        None => outcome.clone().map(|answer| Answer {
                            part: asked.part,
                            ..answer
                        }),
                    };
                    // What the file mentions is mentioned once.
                    if let (Ok(_), Ok(answer)) = (&answered, &mut outcome) {
                        answer.mentions.clear();
                    }
                    plan(asked.request, answered)
                })
                .collect(),
            // Of which subject an unusable file is, its content cannot say.
            (Err(_), Err((code, why))) if code == super::UNUSABLE => nowhere(&account, why),
            (Err(Doubt::Torn { name: one, content }), _) => {
                let why =
                    format!("`{name}` says `{one}` by its name and `{content}` by its content");
                nowhere(&account, why)
            }
            (Err(Doubt::Unsaid(what)), _) => {
                let cli = index::cli_name(operation.name);
                let why = format!(
                    "`{name}` does not say {what}; put it into the file name: `{cli}.NAME.json`, with `%2F` for a slash"
                );
                nowhere(&account, why)
            }
        }
    }

    /// The account by which the caller called itself.
    fn identity(&self) -> Option<&str> {
        let operation = self.operation.as_ref().ok()?;
        let answered = matches!(self.content, Content::Answer(..));
        if operation.name != "GetCallerIdentity" || !answered {
            return None;
        }
        self.owners
            .keys()
            .find_map(|(_, account)| account.as_deref())
    }
}

/// The error of AWS in a file, or beside an empty one, with its text. Where both streams went into one file the error
/// stands in it.
fn refusal(folder: &Folder, file: &File) -> Option<(ApiError, String)> {
    let text = file
        .read()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .ok()?;
    if let Some(error) = answer::aws_error(&text) {
        return Some((error, text));
    }
    if !text.trim().is_empty() {
        return None;
    }
    let beside = folder.error_beside(file);
    (!beside.trim().is_empty()).then(|| (answer::cli_error(&file.name, &beside), beside))
}

/// What a file without an answer is about.
fn about(operation: &Operation, rest: Option<&str>) -> Result<Vec<AskedOrNot>, Doubt> {
    let asked = subject::asked(operation, rest, &json!({}), false)?;
    Ok(asked.into_iter().map(|asked| (asked, None)).collect())
}

/// A question, and apart from it the part of it that the answer leaves out.
fn told(file: &File, operation: &Operation, asked: Asked, value: &Value) -> Vec<AskedOrNot> {
    match subject::told_types(operation, &asked.request, value) {
        Some((told, untold)) if !untold.is_empty() => {
            let part = |types: &[&Value]| Asked {
                request: subject::for_types(&asked.request, types),
                part: None,
            };
            let why = format!(
                "`{}` leaves out a type of alarms that was asked for: the AWS CLI may be too old",
                file.name
            );
            let mut parts = vec![(part(&untold), Some(why))];
            if !told.is_empty() {
                parts.insert(0, (part(&told), None));
            }
            parts
        }
        _ => vec![(asked, None)],
    }
}

fn unknown(file: &File) -> String {
    format!("`{}` is no answer that is known here", file.name)
}

fn unknown_file(account: &str, name: &str, at: jiff::Timestamp, why: String) -> Plan {
    Plan {
        account: account.to_owned(),
        region: String::new(),
        operation: UNKNOWN_FILE,
        request: json!({ "File": name }),
        at,
        source: None,
        file: None,
        damaged: false,
        outcome: Err(answer::unusable(why)),
    }
}

/// Folder -> accounts whose identity lies in it.
fn identities(folder: &Folder, loose: &[Loose], known: &[Plan]) -> Identities {
    let mut identities = Identities::new();
    for loose in loose {
        if let (Some(account), Some(file)) = (loose.identity(), folder.get(loose.file)) {
            identities
                .entry(file.folder().to_owned())
                .or_default()
                .insert(account.to_owned());
        }
    }
    for plan in known {
        let accounts = identities.entry(String::new()).or_default();
        if !accounts.contains(&plan.account) {
            accounts.insert(plan.account.clone());
        }
    }
    identities
}
