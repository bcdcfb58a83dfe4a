//! The key that encrypts the files of a trail (T16, T17): is there one, does it work, and may CloudTrail use it?
//!
//! Only what the snapshot holds of a key is looked at: of another account's, and of those of older snapshots, nothing is
//! known, which is said with the call that would tell.

use crate::aws::arn;
use crate::aws::policy::{self, Caller, Decision, Organization, Service};
use crate::chain::Error;
use crate::chain::cause::RecordingCause;
use crate::chain::facts::{Facts, Key, TrailRow};
use crate::chain::judgement::{Context, Judgement, fine};
use crate::chain::named_key::{NamedKey, Unusable, unusable};
use crate::chain::topic_access::deciding;
use crate::chain::verdict::{Link, LinkId, Verdict};

/// The key of a trail.
struct OfTrail<'a> {
    context: &'a Context,
    trail: &'a TrailRow,
    key: NamedKey<'a>,
}

/// Judges the key of a trail.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    let Some(id) = facts.keeping(&context.account, &trail.arn)?.key else {
        judgement.say(
            Link::new(
                LinkId::T16,
                Verdict::Broken,
                trail.subject(),
                RecordingCause::NoTrailKey,
            )
            .field("KmsKeyId", "absent")
            .evidence([trail.evidence]),
        );
        return Ok(judgement);
    };
    let named = RecordingCause::TrailKeyNamed { key: id.clone() };
    judgement.say(
        fine(LinkId::T16, trail.subject(), named)
            .field("KmsKeyId", &id)
            .evidence([trail.evidence]),
    );
    let account = arn::account(&id).unwrap_or(&trail.owner).to_owned();
    let key = OfTrail {
        context,
        trail,
        key: NamedKey {
            facts,
            id: &id,
            region: arn::region(&id).unwrap_or(&trail.home_region),
            tellers: vec![account],
        },
    };
    judgement.say_all(key.links()?);
    Ok(judgement)
}

/// What of a trail's key concerns whoever asks for its files, encrypted or not: nothing is delivered that CloudTrail cannot
/// encrypt. Files that arrived within the hour say that it could then, where nothing else is known.
pub(super) fn for_files(key: &Judgement, files: &Judgement) -> Judgement {
    let arrived = !files.links.is_empty() && files.links.iter().all(|it| it.verdict == Verdict::Ok);
    let mut judgement = Judgement::default();
    for link in key.links.iter().filter(|link| link.id == LinkId::T17) {
        let mut link = Link::clone(link);
        if arrived && link.verdict == Verdict::Unknown {
            link.verdict = Verdict::Weak;
        }
        judgement.say(link);
    }
    judgement
}

impl OfTrail<'_> {
    fn links(&self) -> Result<Vec<Link>, Error> {
        if let Some(nowhere) = self.key.absent(&["DescribeKey"])? {
            let key = self.key.id.to_owned();
            let link = self.link(Verdict::Broken, RecordingCause::TrailKeyMissing { key });
            return Ok(vec![link.evidence([nowhere.evidence])]);
        }
        let key = self.key.key()?;
        if let Some(link) = key.as_ref().and_then(|key| self.unusable(key)) {
            return Ok(vec![link]);
        }
        let mut links = vec![self.policy(key.as_ref())?];
        if key.is_none() {
            links.push(self.open("DescribeKey")?);
        }
        Ok(links)
    }

    fn link(&self, verdict: Verdict, cause: RecordingCause) -> Link {
        Link::new(LinkId::T17, verdict, self.trail.subject(), cause)
    }

    /// A key that encrypts nothing, whatever its policy says.
    fn unusable(&self, key: &Key) -> Option<Link> {
        let link = match unusable(key)? {
            Unusable::State(state) => {
                let cause = RecordingCause::TrailKeyNotUsable {
                    key_state: state.clone(),
                };
                self.link(Verdict::Broken, cause).field("KeyState", state)
            }
            Unusable::Kind { spec, usage } => {
                let cause = RecordingCause::TrailKeyCannotEncrypt {
                    key_spec: spec,
                    key_usage: usage,
                };
                self.link(Verdict::Broken, cause)
            }
        };
        Some(link.evidence([key.evidence]))
    }

    /// What the key's policy says to CloudTrail.
    fn policy(&self, key: Option<&Key>) -> Result<Link, Error> {
        let facts = self.key.facts;
        let arn = key.map_or(self.key.id, |key| key.arn.as_str());
        let Some((policy, evidence)) = self.key.policy(self.key.first(), arn)? else {
            return self.open("GetKeyPolicy");
        };
        let organization = facts.organization(&self.trail.owner)?;
        let organization = match &organization {
            Some((id, _)) => Organization::Of(id),
            None if facts.has_no_organization(&self.trail.owner)? => Organization::None,
            None => Organization::Unknown,
        };
        let at = facts.recorded_at(evidence)?;
        let caller = Caller {
            service: Service::CloudTrail,
            source_arn: &self.trail.arn,
            organization,
            at: at.and_then(|at| at.parse().ok()),
        };
        let mut fields = Vec::new();
        let (verdict, cause) = match policy::may_encrypt_files(&policy, arn, &caller) {
            Decision::Allowed(statement) => {
                (Verdict::Ok, RecordingCause::TrailKeyAllowed { statement })
            }
            Decision::Refused(refusal) => {
                fields = deciding(&refusal);
                (Verdict::Broken, RecordingCause::TrailKeyRefused { refusal })
            }
            Decision::Open(doubt) => (Verdict::Unknown, RecordingCause::TrailKeyOpen { doubt }),
        };
        // The files of a member of an organization are encrypted in the member's name, which nobody documents whole.
        let foreign = self.trail.owner != self.context.account;
        let verdict = if foreign && verdict != Verdict::Ok {
            Verdict::Unknown
        } else {
            verdict
        };
        let mut link = self.link(verdict, cause);
        link.fields = fields;
        Ok(link.evidence([evidence]))
    }

    fn open(&self, operation: &str) -> Result<Link, Error> {
        let of = (LinkId::T17, self.trail.subject());
        self.key.open(of, self.key.first(), operation, self.key.id)
    }
}
