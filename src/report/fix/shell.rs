//! A POSIX shell script of AWS CLI calls. It refuses to run in another account, changes nothing that is as it should be,
//! and takes its changes back with the argument `rollback`.
//!
//! Every name is in a JSON document that the shell reads from a here-document with a quoted delimiter and hands on as one
//! argument, which begins with `{`: whatever a name holds is data for the shell and for the AWS CLI. Characters outside
//! ASCII are escaped, so that nothing in the script is hidden from who reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::calls::{self, Action, Call, Step};
use super::{difference, head};
use crate::aws::arn;
use crate::remedy::{Change, Plan, Resource};
use crate::report::printable::one_line;

/// What stands before the changes: what the script runs with.
const PRELUDE: &str = r#"set -eu
AWS_PAGER=''
export AWS_PAGER

# call REGION SERVICE OPERATION [OPTION ...] < INPUT.json
call() {
  region=$1 service=$2 operation=$3
  shift 3
  printf '%s\n' "$service $operation" >&2
  aws "$service" "$operation" --region "$region" --output json --cli-input-json "$(cat)" "$@" >/dev/null
}

# ask ABSENT REGION SERVICE OPERATION QUERY [OPTION ...] < INPUT.json: what AWS answers, in $said; ABSENT where there is no such
# thing
ask() {
  absent=$1 region=$2 service=$3 operation=$4 query=$5
  shift 5
  said=$(aws "$service" "$operation" --region "$region" --output json --query "$query" --cli-input-json "$(cat)" "$@" 2>&1) &&
    return
  case $said in
  *'An error occurred ('*)
    code=${said#*'An error occurred ('}
    case ${code%%')'*} in
    *NotFound* | NoSuch*)
      said="\"$absent\""
      return
      ;;
    esac
    ;;
  esac
  printf '%s\n' "$said" "$service $operation was not answered: nothing is changed without it" >&2
  exit 1
}

# stands NAME ABSENT REGION SERVICE OPERATION QUERY [OPTION ...] < INPUT.json: whether there is nothing to do; stops where what
# stands there is neither what the snapshot has nor what this script leaves
stands() {
  name=$1
  shift
  ask "$@"
  case $said in
  *'"done"'*) ;;
  *'"free"'*) [ "$pass" = look ] ;;
  *)
    printf '%s\n' "$name is neither as the snapshot has it nor as this script leaves it" >&2
    [ "$pass" = look ] || exit 1
    in_the_way=yes
    ;;
  esac
}

# run STEPS: looks at everything first
run() {
  pass=look in_the_way=''
  "$1"
  if [ "$in_the_way" ]; then
    echo "nothing was changed: collect again, and take the fix of the new snapshot; where something is in the way of which it does" \
      "not know either, \`trailproof remediate --taken NAME\` gives what is new another name" >&2
    exit 1
  fi
  pass=change
  [ "$2" = look ] || "$1"
}

"#;

/// For calls that name a role.
const PATIENTLY: &str = r#"# patiently REGION SERVICE OPERATION < INPUT.json: a new role takes some seconds until CloudTrail knows it
patiently() {
  input=$(cat)
  tries=6
  until printf '%s' "$input" | call "$1" "$2" "$3"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 5
  done
}

"#;

/// Whether a call hands CloudTrail a role.
fn names_a_role(call: &Call) -> bool {
    let role = call.input.get("CloudWatchLogsRoleArn");
    call.service == "cloudtrail" && role.is_some_and(|role| role != "")
}

/// What a plan makes that `rollback` leaves: it may hold something by then.
fn stays(plan: &Plan) -> BTreeSet<&'static str> {
    let made = plan.changes.iter().filter(|change| change.before.is_none());
    let kinds = made.filter_map(|change| match &change.after {
        Resource::LogGroup(_) => Some("log groups"),
        Resource::Bucket(_) => Some("buckets"),
        Resource::Role(_) => Some("roles"),
        Resource::Key(_) => Some("keys"),
        _ => None,
    });
    kinds.collect()
}

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
        "Run it with credentials of the account that it names; with the argument `rollback` it takes the changes back, with `look` it",
    );
    comment(
        &mut out,
        "changes nothing. It stops before the first change where something else stands under a name than the snapshot has.",
    );
    let stays = stays(plan);
    if !stays.is_empty() {
        let stays: Vec<&str> = stays.into_iter().collect();
        let stays = stays.join(", ");
        comment(
            &mut out,
            &format!("What is new of these stays, since it may hold something by then: {stays}."),
        );
    }
    comment(
        &mut out,
        "What stands between backticks are literals of JMESPath:",
    );
    comment(&mut out, "shellcheck disable=SC2016");
    out.push_str(PRELUDE);
    if plan
        .changes
        .iter()
        .flat_map(calls::steps)
        .any(|step| matches!(&step.action, Action::Calls(calls) if calls.iter().any(names_a_role)))
    {
        out.push_str(PATIENTLY);
    }
    let accounts = by_account(plan);
    if needs_address(plan) {
        out.push_str(GIVEN);
    }
    for (account, changes) in &accounts {
        let _ = writeln!(out, "apply_{account}() {{");
        let steps = changes.iter().flat_map(|(position, change)| {
            let mut lines = vec![intent(plan, *position, change)];
            let about = head::about(&change.after);
            lines.extend(calls::steps(change).iter().map(|it| one_step(it, &about)));
            lines
        });
        out.extend(steps);
        out.push_str("  :\n}\n\n");
        let _ = writeln!(out, "rollback_{account}() {{");
        let steps = changes.iter().rev().flat_map(|(_, change)| {
            let about = head::about(&change.after);
            let steps = calls::undo(change);
            steps.into_iter().map(move |it| one_step(&it, &about))
        });
        out.extend(steps);
        out.push_str("  :\n}\n\n");
    }
    out.push_str(&dispatch(&accounts));
    out
}

/// The commands of a plan alone, one a line.
pub(super) fn commands(plan: &Plan) -> Vec<String> {
    let steps = plan.changes.iter().flat_map(calls::steps);
    steps.flat_map(|step| pasted(&step)).collect()
}

/// The commands of a step, with nothing around them.
fn pasted(step: &Step) -> Vec<String> {
    let one = |call: &Call| {
        let input = one_word(&call.input);
        let region = quoted(&call.region);
        format!(
            "aws {} {} --region={region} --cli-input-json {input}",
            call.service, call.operation
        )
    };
    match &step.action {
        Action::Calls(calls) => calls.iter().map(one).collect(),
        Action::Key { create, alias } => vec![
            format!(
                "key=$({} --output text --query KeyMetadata.KeyId)",
                one(create)
            ),
            format!(
                "aws kms create-alias --region={} --alias-name={} --target-key-id=\"$key\"",
                quoted(&create.region),
                quoted(alias)
            ),
        ],
        Action::SubscribeGiven(subscribe) => {
            vec![format!(
                "{} --notification-endpoint=\"$EMAIL\"",
                one(subscribe)
            )]
        }
        Action::PutRule { find, put } => vec![
            format!(
                "description=$({} --output text --query \"Description || ''\")",
                one(find)
            ),
            format!("{} --description=\"$description\"", one(put)),
        ],
        // Only what takes a change back has this.
        Action::Unsubscribe { .. } => Vec::new(),
    }
}

/// Asks for the address that nobody but the user knows.
const GIVEN: &str = r#"# The address that is to be told.
: "${EMAIL:?set EMAIL to the address that is to be told, for example EMAIL=security@example.com}"
case $EMAIL in
*[!A-Za-z0-9@._+-]* | -*) echo "EMAIL is no plain e-mail address" >&2; exit 2 ;;
esac

"#;

fn needs_address(plan: &Plan) -> bool {
    plan.changes
        .iter()
        .flat_map(calls::steps)
        .any(|step| matches!(step.action, Action::SubscribeGiven(_)))
}

type Changes<'p> = Vec<(usize, &'p Change)>;

fn by_account(plan: &Plan) -> BTreeMap<&str, Changes<'_>> {
    let mut accounts: BTreeMap<&str, Changes<'_>> = BTreeMap::new();
    for (position, change) in plan.changes.iter().enumerate() {
        let account = change.after.account();
        // Part of a name in the script: an account is twelve digits or it is none.
        if arn::is_account(account) {
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
        for (word, steps) in [
            ("look", "apply"),
            ("apply", "apply"),
            ("rollback", "rollback"),
        ] {
            let _ = writeln!(out, "\"{word} {account}\") run {steps}_{account} {word} ;;");
        }
    }
    let known: Vec<&str> = accounts.keys().copied().collect();
    let _ = writeln!(
        out,
        "*)\n  echo \"nothing was changed: this script is for account {}, the credentials are of $account; its one argument may be look or rollback\" >&2\n  exit 2\n  ;;\nesac",
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

/// What a step does where nothing stands against it; `about` names what it is about.
fn one_step(step: &Step, about: &str) -> String {
    let Step { look, action } = step;
    let input = document(&look.ask.input);
    let region = quoted(&look.ask.region);
    let operation = format!("{} {}", look.ask.service, look.ask.operation);
    let mut before = String::new();
    let mut options = String::new();
    let mut body = String::new();
    match action {
        Action::Calls(calls) => calls
            .iter()
            .for_each(|call| body.push_str(&one_call(call, ""))),
        Action::Key { create, alias } => {
            // No key has the name `null`.
            let _ = write!(
                before,
                "  ask null {region} kms list-aliases {} <<'JSON'\n{{}}\nJSON\n  key=${{said#*'\"'}}\n",
                quoted(&escaped(&calls::key_of(alias))),
            );
            options.push_str(" --key-id=\"${key%'\"'*}\"");
            let _ = write!(
                body,
                "  printf '%s\\n' 'kms create-key' >&2\n  key=$(aws kms create-key --region {region} --output text --query KeyMetadata.KeyId --cli-input-json {})\n  aws kms create-alias --region {region} --alias-name={} --target-key-id=\"$key\"\n",
                one_word(&create.input),
                quoted(alias)
            );
        }
        Action::PutRule { find, put } => {
            let _ = writeln!(
                body,
                "  printf '%s\\n' 'events put-rule' >&2\n  description=$(aws events describe-rule --region {region} --output text --query \"Description || ''\" --cli-input-json {})\n  aws events put-rule --region {region} --output json --description=\"$description\" --cli-input-json {} >/dev/null",
                one_word(&find.input),
                one_word(&put.input)
            );
        }
        Action::Unsubscribe { found } => {
            let _ = write!(
                body,
                "  ask '' {region} {operation} {} <<'JSON'\n{input}\nJSON\n  arn=${{said#*'\"'}}\n  printf '%s\\n' 'sns unsubscribe' >&2\n  aws sns unsubscribe --region {region} --subscription-arn=\"${{arn%'\"'*}}\" >/dev/null\n",
                query_word(found)
            );
        }
        Action::SubscribeGiven(subscribe) => {
            body.push_str(&one_call(subscribe, " --notification-endpoint=\"$EMAIL\""));
        }
    }
    let mut query = format!("{} && `\"done\"`", look.done);
    if look.free != calls::NEVER {
        let _ = write!(query, " || {} && `\"free\"`", look.free);
    }
    format!(
        "{before}  stands {} {} {region} {operation} {}{options} <<'JSON' ||\n{input}\nJSON\n  {{\n{body}  }}\n",
        quoted(about),
        look.absent.word(),
        query_word(&query),
    )
}

/// A JMESPath expression as a word of the shell, in which the address that the user gives is a variable.
fn query_word(query: &str) -> String {
    let parts = query.split(calls::ADDRESS);
    let parts: Vec<String> = parts.map(|part| quoted(&escaped(part))).collect();
    parts.join("\"$EMAIL\"")
}

/// A call; `options` are words of the shell behind it.
fn one_call(call: &Call, options: &str) -> String {
    let verb = if names_a_role(call) {
        "patiently"
    } else {
        "call"
    };
    format!(
        "  {verb} {} {} {}{options} <<'JSON'\n{}\nJSON\n",
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

/// A JSON document as one word of the shell.
fn one_word(value: &Value) -> String {
    quoted(&escaped(&value.to_string()))
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
