//! A key that a service has to use: the one that is named, once it may, else a new one.

use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::aws::policy::{PolicyDoubt, Refusal};
use crate::chain::cause::{Cause, EventRuleCause, RecordingCause, TopicCause};
use crate::remedy::document::{self, Service};
use crate::remedy::resource::{Change, Key};
use crate::remedy::{Error, read};

/// A key as a topic or a trail names it.
pub(super) struct Named<'a> {
    /// Where it is.
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// Its id, alias or ARN; none where no key is named.
    pub(super) id: Option<&'a str>,
}

impl Case<'_> {
    /// The named key with one statement more, enabled; else a new one under an alias, with the change that names it.
    pub(super) fn keys(
        &self,
        named: &Named<'_>,
        (alias, naming): (&str, Change),
        stop: &Stop,
        service: Service<'_>,
    ) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        if let Some(id) = named.id
            && let Some(key) = read::key(self.facts, (named.account, named.region), id)?
        {
            found.extend(usable(&key, stop, service));
        }
        let partition = read::partition(self.facts, named.account)?;
        let owned = document::owned(&partition, named.account);
        let key = Key {
            account: named.account.to_owned(),
            region: named.region.to_owned(),
            id: alias.to_owned(),
            arn: None,
            enabled: true,
            policy: Some(document::encrypt(&owned, service)),
        };
        found.push(vec![change(None, key), naming]);
        Ok(found)
    }
}

/// The key once it is enabled and a service may use it, the narrowest change first.
pub(super) fn usable(key: &Key, stop: &Stop, service: Service<'_>) -> Vec<Candidate> {
    let mut found = vec![vec![edit(key, |it| it.enabled = true)]];
    if let Some(policy) = &key.policy {
        let spared = denying(&stop.cause)
            .map(|position| document::sparing(policy, position, service))
            .unwrap_or_default();
        let wider = document::encrypt(policy, service);
        found.extend(spared.into_iter().chain([wider]).map(|policy| {
            vec![edit(key, |it| {
                it.enabled = true;
                it.policy = Some(policy);
            })]
        }));
    }
    found
}

/// The position of the statement that denies, or may.
pub(super) fn denying(cause: &Cause) -> Option<usize> {
    let (refusal, doubt) = match cause {
        Cause::Topic(
            TopicCause::PublishRefused { refusal } | TopicCause::KeyRefused { refusal },
        )
        | Cause::Recording(RecordingCause::TrailKeyRefused { refusal })
        | Cause::EventRule(
            EventRuleCause::RulePublishRefused { refusal }
            | EventRuleCause::RuleKeyRefused { refusal }
            | EventRuleCause::BusKeyRefused { refusal },
        ) => (Some(refusal), None),
        Cause::Topic(TopicCause::PublishOpen { doubt, .. } | TopicCause::KeyOpen { doubt, .. })
        | Cause::Recording(RecordingCause::TrailKeyOpen { doubt })
        | Cause::EventRule(
            EventRuleCause::RulePublishOpen { doubt }
            | EventRuleCause::RuleKeyOpen { doubt }
            | EventRuleCause::BusKeyOpen { doubt },
        ) => (None, Some(doubt)),
        _ => return None,
    };
    match (refusal, doubt) {
        (Some(Refusal::Deny { statement, .. }), _)
        | (_, Some(PolicyDoubt::MayDeny { statement, .. })) => Some(statement.position),
        _ => None,
    }
}
