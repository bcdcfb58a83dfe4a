//! The query itself: records, each event id once, the answers to all questions, and the groups that a tally counts.

use sha2::{Digest as _, Sha256};

use super::algebra::{Leaf, Said, say};
use super::{Dialect, Refusal, duckdb, lower, spark};
use crate::pattern::ast::Step;
use crate::replay::plan::Plan;

/// What the query gives, in this order.
pub const COLUMNS: [&str; 15] = [
    "plan",
    "account",
    "region",
    "minute",
    "event_name",
    "event_source",
    "principal_type",
    "principal",
    "answers",
    "doubt",
    "events",
    "copies",
    "first_time",
    "last_time",
    "first_record",
];

/// A name for the questions of a plan: counts are those of one plan and no other.
pub(in crate::replay) fn fingerprint(plan: &Plan) -> String {
    let mut hash = Sha256::new();
    for account in &plan.accounts {
        hash.update(account.account.as_bytes());
    }
    for predicate in plan.questions.predicates() {
        hash.update(format!("{predicate:?}\n").as_bytes());
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Where the texts of a record are that a tally looks at.
const TEXTS: [(&str, &[&str]); 12] = [
    ("event_id", &["eventID"]),
    ("event_time", &["eventTime"]),
    ("event_name", &["eventName"]),
    ("event_source", &["eventSource"]),
    ("region", &["awsRegion"]),
    ("recipient", &["recipientAccountId"]),
    ("identity_account", &["userIdentity", "accountId"]),
    ("principal_type", &["userIdentity", "type"]),
    (
        "issuer",
        &["userIdentity", "sessionContext", "sessionIssuer", "arn"],
    ),
    ("identity_arn", &["userIdentity", "arn"]),
    ("invoked_by", &["userIdentity", "invokedBy"]),
    ("user_name", &["userIdentity", "userName"]),
];

/// The query over a table `cloudtrail` with a column `record`, the JSON text of a record.
pub fn query(plan: &Plan, dialect: Dialect) -> Result<String, Refusal> {
    let mut fields = duckdb::Fields::default();
    let texts = TEXTS
        .iter()
        .map(|(name, path)| {
            Ok(format!(
                "    {} as {name}",
                dialect.text(&mut fields, path)?
            ))
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let mut answers = Vec::new();
    let mut doubts: Vec<String> = Vec::new();
    for predicate in plan.questions.predicates() {
        let mut leaf = |leaf: &Leaf| match dialect {
            Dialect::Duckdb => duckdb::leaf(&mut fields, leaf),
            Dialect::Spark => spark::leaf(leaf),
        };
        let Said { truth, doubt } = say(&lower::of(predicate)?, &mut leaf)?;
        answers.push(format!("      case when {truth} then '1' else '0' end"));
        doubts.extend(doubt);
    }
    doubts.sort();
    doubts.dedup();
    let doubt = match doubts.as_slice() {
        [] => "false".to_owned(),
        doubts => doubts.join("\n      or "),
    };
    Ok(format!(
        "-- trailproof replay --sql: counts of records by what follows from them.
-- Over a table or view `cloudtrail` whose column `record` is the JSON text of a record.
with source as (
  {source}
),
read as (
  select
    record,
{texts},
    concat(
{answers},
      ''
    ) as answers,
    {doubt} as doubt
  from source
),
{counted}",
        source = dialect.source(&fields),
        texts = texts.join(",\n"),
        answers = answers.join(",\n"),
        counted = counted(plan, dialect),
    ))
}

/// The second half: each event id once, in its account and minute, and the groups with their counts.
fn counted(plan: &Plan, dialect: Dialect) -> String {
    format!(
        "placed as (
  select
    *,
    case when {is_time} then substr(event_time, 1, 16) end as minute,
    coalesce(recipient, identity_account) as account,
    coalesce(issuer, identity_arn, invoked_by, user_name, identity_account, '') as principal,
    replace(event_time, 'Z', '') as moment
  from read
),
once as (
  select
    *,
    case
      when coalesce(event_id, '') = '' then 1
      else row_number() over (
        partition by event_id
        order by case when minute is null or coalesce(account, '') = '' then 1 else 0 end, moment, record
      )
    end as copy
  from placed
)
select
  '{plan}' as plan,
  account,
  coalesce(region, '') as region,
  minute,
  coalesce(event_name, '') as event_name,
  coalesce(event_source, '') as event_source,
  coalesce(principal_type, '') as principal_type,
  principal,
  answers,
  doubt,
  sum(case when copy = 1 then 1 else 0 end) as events,
  sum(case when copy = 1 then 0 else 1 end) as copies,
  concat(min(moment), 'Z') as first_time,
  concat(max(moment), 'Z') as last_time,
  {first} as first_record
from once
group by account, region, minute, event_name, event_source, principal_type, principal, answers, doubt
order by account, region, minute, event_name, event_source, principal_type, principal, answers, doubt
",
        is_time = dialect.is_time(),
        first = dialect.first(),
        plan = fingerprint(plan),
    )
}

/// What the dialects say in different words, beside conditions.
impl Dialect {
    /// Where the records come from.
    fn source(self, fields: &duckdb::Fields) -> String {
        match self {
            Self::Duckdb => format!(
                "select record, json_extract(record, {}) as f from cloudtrail",
                fields.list()
            ),
            Self::Spark => "select record from cloudtrail".to_owned(),
        }
    }

    /// The text of a string field, null for everything else.
    fn text(self, fields: &mut duckdb::Fields, path: &[&str]) -> Result<String, Refusal> {
        match self {
            Self::Duckdb => {
                let steps = path.iter().map(|it| Step::Name((*it).to_owned()));
                let value = fields.field(&steps.collect::<Vec<_>>())?;
                Ok(format!(
                    "case when json_type({value}) = 'VARCHAR' then json_extract_string({value}, '$') end"
                ))
            }
            Self::Spark => Ok(spark::string(path)),
        }
    }

    /// The first record of a group by time, id and text.
    fn first(self) -> &'static str {
        match self {
            Self::Duckdb => {
                "arg_min(record, moment || ' ' || coalesce(event_id, '') || ' ' || record)"
            }
            Self::Spark => {
                "min_by(record, concat(moment, ' ', coalesce(event_id, ''), ' ', record))"
            }
        }
    }

    /// Whether `event_time` reads as CloudTrail writes times.
    fn is_time(self) -> String {
        let form = "'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?Z$'";
        match self {
            Self::Duckdb => format!("coalesce(regexp_matches(event_time, {form}), false)"),
            Self::Spark => format!("coalesce(event_time rlike {form}, false)"),
        }
    }
}
