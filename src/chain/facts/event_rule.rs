//! Facts of EventBridge: rules, their targets, and the buses that they forward to.

use serde_json::{Value, json};

use super::{Asked, Error, Facts, Json, Question, get};
use crate::chain::verdict::{Kind, Subject};
use crate::snapshot::operations;

/// The bus that CloudTrail events arrive at.
pub(in crate::chain) const DEFAULT_BUS: &str = "default";

/// A rule with an event pattern.
#[derive(Clone, Debug)]
pub(in crate::chain) struct RuleRow {
    pub(in crate::chain) account: String,
    pub(in crate::chain) region: String,
    pub(in crate::chain) arn: String,
    pub(in crate::chain) bus: String,
    pub(in crate::chain) name: String,
    pub(in crate::chain) state: Option<String>,
    pub(in crate::chain) pattern: String,
    pub(in crate::chain) managed_by: Option<String>,
    pub(in crate::chain) evidence: i64,
}

impl RuleRow {
    /// The rule as links name it.
    pub(in crate::chain) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::Rule, &self.arn)
    }
}

/// A target of a rule.
#[derive(Clone, Debug)]
pub(in crate::chain) struct TargetRow {
    pub(in crate::chain) arn: String,
    pub(in crate::chain) role_arn: Option<String>,
    /// The whole message, where it is a constant.
    pub(in crate::chain) input: Option<String>,
    /// The part of the event that is the message.
    pub(in crate::chain) input_path: Option<String>,
    /// With `InputTemplate`.
    pub(in crate::chain) input_transformer: Option<Json<Value>>,
    pub(in crate::chain) evidence: i64,
}

impl Facts<'_> {
    /// Rules of an account with an event pattern, on any bus.
    pub(in crate::chain) fn event_rules(&self, account: &str) -> Result<Vec<RuleRow>, Error> {
        self.list(
            "select account, region, rule_arn, event_bus_name, name, state, event_pattern, managed_by, evidence_id \
             from event_rule where account = ?1 and event_pattern is not null order by rule_arn",
            [account],
            |row| {
                Ok(RuleRow {
                    account: get(row, "account")?,
                    region: get(row, "region")?,
                    arn: get(row, "rule_arn")?,
                    bus: get(row, "event_bus_name")?,
                    name: get(row, "name")?,
                    state: get(row, "state")?,
                    pattern: get(row, "event_pattern")?,
                    managed_by: get(row, "managed_by")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// Targets of a rule.
    pub(in crate::chain) fn event_targets(&self, rule: &RuleRow) -> Result<Vec<TargetRow>, Error> {
        self.list(
            "select target_arn, role_arn, input, input_path, input_transformer, evidence_id from event_target \
             where account = ?1 and region = ?2 and event_bus_name = ?3 and rule_name = ?4 order by target_id",
            (&rule.account, &rule.region, &rule.bus, &rule.name),
            |row| {
                Ok(TargetRow {
                    arn: get(row, "target_arn")?,
                    role_arn: get(row, "role_arn")?,
                    input: get(row, "input")?,
                    input_path: get(row, "input_path")?,
                    input_transformer: get(row, "input_transformer")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// Names of the channels that services have to CloudTrail, with their evidence rows.
    pub(in crate::chain) fn channels(&self, account: &str) -> Result<Vec<(String, i64)>, Error> {
        self.list(
            "select name, evidence_id from channel where account = ?1 order by name, channel_arn",
            [account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Telemetry rules that have CloudTrail's events logged, by name, with their evidence rows.
    pub(in crate::chain) fn telemetry_rules(
        &self,
        account: &str,
    ) -> Result<Vec<(String, i64)>, Error> {
        self.list(
            "select coalesce(name, rule_arn), evidence_id from telemetry_rule where account = ?1 \
             and resource_type = 'AWS::CloudTrail' and coalesce(telemetry_type, 'Logs') = 'Logs' order by region, rule_arn",
            [account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The policy of a bus, where it has one, with its evidence row; none where the bus is not on record.
    pub(in crate::chain) fn bus_policy(
        &self,
        bus_arn: &str,
    ) -> Result<Option<(Option<String>, i64)>, Error> {
        self.optional(
            "select policy, evidence_id from event_bus \
             where account = (select min(account) from chain_bus where bus_arn = ?1) and bus_arn = ?1",
            [bus_arn],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// ARN of the bus that a rule is on, its customer managed key and its evidence row; none where it has no such key.
    pub(in crate::chain) fn bus_key(
        &self,
        rule: &RuleRow,
    ) -> Result<Option<(String, String, i64)>, Error> {
        self.optional(
            "select bus_arn, kms_key_identifier, evidence_id from event_bus \
             where account = ?1 and region = ?2 and name = ?3 and kms_key_identifier <> ''",
            (&rule.account, &rule.region, &rule.bus),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
    }

    /// What became of the question about the targets of a rule, with the question's subject.
    pub(in crate::chain) fn asked_targets(&self, rule: &RuleRow) -> Result<(String, Asked), Error> {
        let request = if rule.bus == DEFAULT_BUS {
            json!({ "Rule": rule.name })
        } else {
            json!({ "Rule": rule.name, "EventBusName": rule.bus })
        };
        let subject = operations::find("events", "ListTargetsByRule")
            .and_then(|operation| {
                let subjects = operation.subjects(&rule.account, &rule.region, &request);
                subjects.into_iter().next()
            })
            .unwrap_or_default();
        let asked = self.asked(targets_question(rule, &subject))?;
        Ok((subject, asked))
    }
}

/// The question about the targets of a rule.
pub(in crate::chain) fn targets_question<'q>(rule: &'q RuleRow, subject: &'q str) -> Question<'q> {
    Question {
        account: &rule.account,
        region: &rule.region,
        service: "events",
        operation: "ListTargetsByRule",
        subject,
    }
}
