//! A POSIX shell script of AWS CLI calls. It refuses to run in another account, changes nothing that is as it should be,
//! and takes its changes back with the argument `rollback`.
//!
//! Every name is in a JSON document that the shell reads from a here-document with a quoted delimiter and hands on as one
//! argument, which begins with `{`: whatever a name holds is data for the shell and for the AWS CLI. Characters outside
//! ASCII are escaped, so that nothing in the script is hidden from who reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::calls::{self, Action, Call, Step};
use super::{difference, head};
use crate::remedy::{Change, Plan};
use crate::report::printable::one_line;

/// What stands before the changes: what the script runs with.
const PRELUDE: &str = r#"set -eu
AWS_PAGER=''
export AWS_PAGER

# call REGION SERVICE OPERATION < INPUT.json
call() {
  printf '%s\n' "$2 $3" >&2
  aws "$2" "$3" --region "$1" --output json --cli-input-json "$(cat)" >/dev/null
}

# holds REGION SERVICE OPERATION QUERY < INPUT.json: whether it is already as it should be
holds() {
  [ "$(aws "$2" "$3" --region "$1" --output json --query "$4" --cli-input-json "$(cat)" 2>/dev/null)" = true ]
}

"#;

/// The script of a plan.
pub(super) fn script(plan: &Plan) -> String {
    let mut out = String::from("#!/bin/sh\n");
    for line in head::lines(plan) {
        comment(&mut out, &line);
    }
    if plan.changes.is_empty() {
        return out;
    }
    comment(&mut out, "");
    comment(
        &mut out,
        "Run it with credentials of the account that it names; with the argument `rollback` it takes the changes back.",
    );
    out.push_str(PRELUDE);
    let accounts = by_account(plan);
    if needs_address(plan) {
        out.push_str(GIVEN);
    }
    for (account, changes) in &accounts {
        let _ = writeln!(out, "apply_{account}() {{");
        let steps = changes.iter().flat_map(|(position, change)| {
            let mut lines = vec![intent(plan, *position, change)];
            lines.extend(calls::steps(change).iter().map(one_step));
            lines
        });
        out.extend(steps);
        out.push_str("  :\n}\n\n");
        let _ = writeln!(out, "rollback_{account}() {{");
        let steps = changes
            .iter()
            .rev()
            .flat_map(|(_, change)| calls::undo(change))
            .map(|step| one_step(&step));
        out.extend(steps);
        out.push_str("  :\n}\n\n");
    }
    out.push_str(&dispatch(&accounts));
    out
}

/// The commands of a plan alone.
pub(super) fn commands(plan: &Plan) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        for step in calls::steps(change) {
            let made: Vec<&Call> = match &step.action {
                Action::Calls(calls) => calls.iter().collect(),
                Action::Key { create, .. } => vec![create],
                Action::SubscribeGiven { region, topic } => {
                    let topic = quoted(&escaped(&json!({"TopicArn": topic}).to_string()));
                    let _ = writeln!(
                        out,
                        "aws sns subscribe --region={} --cli-input-json {topic} --protocol=email --notification-endpoint=\"$EMAIL\"",
                        quoted(region)
                    );
                    continue;
                }
            };
            for call in made {
                let input = quoted(&escaped(&call.input.to_string()));
                let _ = writeln!(
                    out,
                    "aws {} {} --region={} --cli-input-json {input}",
                    call.service,
                    call.operation,
                    quoted(&call.region)
                );
            }
            if let Action::Key { alias, .. } = &step.action {
                let _ = writeln!(
                    out,
                    "# and give the key the alias {} with `aws kms create-alias`",
                    one_line(alias)
                );
            }
        }
    }
    out
}

/// Asks for the address that nobody but the user knows.
const GIVEN: &str = r#"# The address that is to be told.
: "${EMAIL:?set EMAIL to the address that is to be told, for example EMAIL=security@example.com}"
case $EMAIL in
*[!A-Za-z0-9@._+-]* | -*) echo "EMAIL is no plain e-mail address" >&2; exit 2 ;;
esac

# subscribe REGION < TOPIC.json
subscribe() {
  topic=$(cat)
  known=$(aws sns list-subscriptions-by-topic --region "$1" --output json --cli-input-json "$topic" \
    --query "length(Subscriptions[?Endpoint == '$EMAIL' && SubscriptionArn != 'Deleted'])")
  if [ "$known" = 0 ]; then
    printf '%s\n' "sns subscribe" >&2
    aws sns subscribe --region "$1" --cli-input-json "$topic" --protocol=email \
      --notification-endpoint="$EMAIL" >/dev/null
  fi
}

"#;

fn needs_address(plan: &Plan) -> bool {
    plan.changes
        .iter()
        .flat_map(calls::steps)
        .any(|step| matches!(step.action, Action::SubscribeGiven { .. }))
}

type Changes<'p> = Vec<(usize, &'p Change)>;

fn by_account(plan: &Plan) -> BTreeMap<&str, Changes<'_>> {
    let mut accounts: BTreeMap<&str, Changes<'_>> = BTreeMap::new();
    for (position, change) in plan.changes.iter().enumerate() {
        let account = change.after.account();
        // Part of a name in the script: an account is twelve digits or it is none.
        if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
            accounts
                .entry(account)
                .or_default()
                .push((position, change));
        }
    }
    accounts
}

/// Which account the credentials are of, and what is done in it.
fn dispatch(accounts: &BTreeMap<&str, Changes<'_>>) -> String {
    // The AWS CLI asks for a Region wherever it does not find one in its settings.
    let region = accounts
        .values()
        .flatten()
        .find_map(|(_, change)| change.after.region())
        .unwrap_or("us-east-1");
    let mut out = format!(
        "account=$(aws sts get-caller-identity --region {} --query Account --output text)\ncase \"${{1:-apply}} $account\" in\n",
        quoted(region)
    );
    for account in accounts.keys() {
        let _ = writeln!(out, "\"apply {account}\") apply_{account} ;;");
        let _ = writeln!(out, "\"rollback {account}\") rollback_{account} ;;");
    }
    let known: Vec<&str> = accounts.keys().copied().collect();
    let _ = writeln!(
        out,
        "*)\n  echo \"nothing was changed: this script is for account {}, the credentials are of $account; its one argument may be rollback\" >&2\n  exit 2\n  ;;\nesac",
        known.join(", ")
    );
    if accounts.len() > 1 {
        out.push_str("# Run it once in each of these accounts.\n");
    }
    out
}

/// What a change is about, and the difference that it makes.
fn intent(plan: &Plan, position: usize, change: &Change) -> String {
    let mut out = String::new();
    comment(
        &mut out,
        &format!(
            "{} (for {})",
            head::title(change),
            head::serves(plan, position)
        ),
    );
    for line in difference::lines(change) {
        comment(&mut out, &format!("  {line}"));
    }
    if calls::steps(change).is_empty() {
        comment(&mut out, "  no command does this: a person does");
    }
    out
}

fn comment(out: &mut String, text: &str) {
    let line = format!("# {}", one_line(text));
    let _ = writeln!(out, "{}", line.trim_end());
}

fn one_step(step: &Step) -> String {
    let mut body = String::new();
    match &step.action {
        Action::Calls(calls) => calls.iter().for_each(|call| body.push_str(&one_call(call))),
        Action::Key { create, alias } => {
            let document = document(&create.input);
            let _ = write!(
                body,
                "  printf '%s\\n' 'kms create-key' >&2\n  key=$(aws kms create-key --region {} --output text --query KeyMetadata.KeyId --cli-input-json {})\n  aws kms create-alias --region {} --alias-name={} --target-key-id=\"$key\"\n",
                quoted(&create.region),
                quoted(&document),
                quoted(&create.region),
                quoted(alias)
            );
        }
        Action::SubscribeGiven { region, topic } => {
            let _ = writeln!(
                body,
                "  subscribe {} <<'JSON'\n{}\nJSON",
                quoted(region),
                document(&json!({"TopicArn": topic}))
            );
        }
    }
    match &step.done {
        None => body,
        Some((ask, query)) => format!(
            "  holds {} {} {} {} <<'JSON' ||\n{}\nJSON\n  {{\n{body}  }}\n",
            quoted(&ask.region),
            ask.service,
            ask.operation,
            quoted(&escaped(query)),
            document(&ask.input),
        ),
    }
}

fn one_call(call: &Call) -> String {
    format!(
        "  call {} {} {} <<'JSON'\n{}\nJSON\n",
        quoted(&call.region),
        call.service,
        call.operation,
        document(&call.input)
    )
}

/// A JSON document in ASCII, none of whose lines is its delimiter.
fn document(value: &Value) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// JSON without a character outside ASCII. Outside strings there is none.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// One word of the shell, on one line.
fn quoted(text: &str) -> String {
    let text = one_line(text);
    let plain = !text.is_empty()
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@,+".contains(&byte));
    if plain {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
