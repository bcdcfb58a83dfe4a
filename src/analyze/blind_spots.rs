//! The quietest way to blind a watch: which single API calls break the proof of a control that passes, and whether anybody
//! would hear of them.
//!
//! A resource that every covering path goes through is critical: without it the control is not covered. The table of
//! failures says by which calls such a resource is taken away or changed. Whether a call is heard is the question that
//! every control asks, put to the paths that the call leaves: a filter does not hear its own deletion.

use crate::aws::arn;
use crate::chain::verdict::{ApiCall, Kind, LinkId, Station, Subject, Verdict};
use crate::chain::{AccountChain, Path};
use crate::coverage::{Missed, Predicate};

use super::case::Case;
use super::finding::{BlindSpot, Heard};
use super::requirement::AcceptedForm;
use super::shown::carriers;

/// The blind spots of a control that passes, in the order of the chain.
pub(super) fn of(case: &Case<'_>, requirements: &[AcceptedForm<'_>]) -> Vec<BlindSpot> {
    let Some(requirement) = requirements
        .iter()
        .find(|requirement| case.carries(requirement, &case.sound))
    else {
        return Vec::new();
    };
    let mut spots: Vec<BlindSpot> = Vec::new();
    for path in case.smallest_cover(requirement, &case.sound) {
        for station in Station::ALL {
            for subject in subjects(path, station) {
                let rest = case.sound.iter().copied();
                let rest: Vec<&Path> = rest
                    .filter(|it| !shares(it, path, station, &subject))
                    .collect();
                if rest.len() == case.sound.len() || case.carries(requirement, &rest) {
                    continue;
                }
                spots.extend(at(case, path, (station, subject), &rest));
            }
        }
    }
    let mut kept: Vec<BlindSpot> = Vec::new();
    for spot in spots {
        let same = |it: &BlindSpot| it.call == spot.call && it.subject == spot.subject;
        if !kept.iter().any(same) {
            kept.push(spot);
        }
    }
    kept
}

/// Whether two paths go through the same resource at a station: this one, as the links of the other name it.
fn shares(one: &Path, other: &Path, station: Station, subject: &Subject) -> bool {
    fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        other.is_some() && one == other
    }
    if subject.kind == Kind::Role {
        return same(role(one), role(other));
    }
    match station {
        Station::Trail | Station::EventSelectors => same(one.trail.as_ref(), other.trail.as_ref()),
        Station::LogGroup => same(one.log_group.as_ref(), other.log_group.as_ref()),
        Station::MetricFilter => {
            same(one.log_group.as_ref(), other.log_group.as_ref())
                && same(one.filter.as_ref(), other.filter.as_ref())
        }
        Station::Alarm => alarms(one).any(|arn| alarms(other).next() == Some(arn)),
        Station::CompositeAlarm => {
            other
                .alarm
                .as_ref()
                .is_some_and(|it| !it.through.is_empty())
                && alarms(one).any(|arn| alarms(other).last() == Some(arn))
        }
        Station::Topic => same(one.action.as_ref(), other.action.as_ref()),
        Station::Subscription => same(one.subscription.as_ref(), other.subscription.as_ref()),
        Station::Rule => one.links.iter().any(|link| link.subject == *subject),
        Station::OtherMonitoring => false,
    }
}

/// The alarms of a path from the one that watches the metric upwards.
fn alarms(path: &Path) -> impl Iterator<Item = &str> {
    let alarm = path.alarm.as_ref();
    let below = alarm.into_iter().flat_map(|it| it.through.iter());
    let top = alarm.into_iter().map(|it| &it.arn);
    below.chain(top).map(String::as_str)
}

/// The calls on the resource of one station.
fn at(
    case: &Case<'_>,
    path: &Path,
    (station, subject): (Station, Subject),
    rest: &[&Path],
) -> Vec<BlindSpot> {
    let here = |id: &LinkId| {
        let of_role = *id == LinkId::T04;
        acts_at(*id, station, path)
            && of_role == (subject.kind == Kind::Role)
            && can_happen(*id, path, &subject)
    };
    let mut spots = Vec::new();
    for id in LinkId::ALL.iter().copied().filter(here) {
        for call in id.calls().filter(|call| concerns(id, *call, path)) {
            spots.push(BlindSpot {
                link: id,
                call,
                subject: subject.clone(),
                heard: heard(case, call, &subject, rest),
            });
        }
        if id == LinkId::U07 && path.link(id).is_some_and(|it| it.verdict == Verdict::Weak) {
            spots.push(BlindSpot {
                link: id,
                call: ApiCall::UNSUBSCRIBE_LINK,
                subject: subject.clone(),
                heard: Heard::NotRecorded,
            });
        }
    }
    spots
}

/// Whether the calls of a failure act on what the path has at a station: the key that EventBridge uses is the topic's, and where
/// a composite alarm carries the action, an alarm below it needs none of its own, and either can be deleted.
fn acts_at(id: LinkId, station: Station, path: &Path) -> bool {
    let composite = path.alarm.as_ref().is_some_and(|it| !it.through.is_empty());
    match id {
        LinkId::E15 => station == Station::Topic,
        LinkId::A01 if composite => matches!(station, Station::Alarm | Station::CompositeAlarm),
        LinkId::A02 | LinkId::A17 if composite => station == Station::CompositeAlarm,
        id => station == id.station(),
    }
}

/// Whether a failure can be brought about on the path: it has a key, a filter on transformed records, or a bus of its own; a
/// rule does without the trail's log group.
fn can_happen(id: LinkId, path: &Path, subject: &Subject) -> bool {
    match id {
        LinkId::N05
        | LinkId::N06
        | LinkId::E15
        | LinkId::E24
        | LinkId::E26
        | LinkId::L06
        | LinkId::U07 => path.link(id).is_some(),
        // The ARN of a rule names its bus where that is not the default bus.
        LinkId::E11 => subject
            .arn
            .as_ref()
            .is_some_and(|arn| arn.matches('/').count() > 1),
        LinkId::T02 => path.log_group.is_some(),
        _ => true,
    }
}

/// Whether the call acts on what the path goes through: an alias is of a topic or bus that names its key by it, and an alarm is
/// changed by the call that makes alarms of its kind.
fn concerns(id: LinkId, call: ApiCall, path: &Path) -> bool {
    let of_query = || path.links.iter().any(|link| is_of_query(link.id));
    let by_alias = || {
        let key = match id {
            LinkId::E26 => "KmsKeyIdentifier",
            _ => "KmsMasterKeyId",
        };
        let mut fields = path.links.iter().flat_map(|link| &link.fields);
        fields.any(|(name, value)| name == key && value.contains("alias/"))
    };
    match call.name {
        "UpdateAlias" | "DeleteAlias" => by_alias(),
        "PutMetricAlarm" => !of_query(),
        "PutLogAlarm" => of_query(),
        _ => true,
    }
}

/// Whether a link is of an alarm that queries the log group.
fn is_of_query(id: LinkId) -> bool {
    matches!(id, LinkId::Q01 | LinkId::Q02 | LinkId::Q03)
}

/// The resources of a station as its links name them: rules may follow one another, of everything else there is one.
fn subjects(path: &Path, station: Station) -> Vec<Subject> {
    let of = |wanted: Station| {
        let links = path.links.iter();
        links
            .filter(move |link| link.id.station() == wanted)
            .map(|link| link.subject.clone())
    };
    match station {
        Station::Rule => {
            let mut rules: Vec<Subject> = Vec::new();
            for subject in of(station).filter(|subject| subject.kind == Kind::Rule) {
                if !rules.contains(&subject) {
                    rules.push(subject);
                }
            }
            rules
        }
        Station::EventSelectors => of(station).chain(of(Station::Trail)).take(1).collect(),
        Station::Trail => of(station).take(1).chain(role(path)).collect(),
        station => of(station).take(1).collect(),
    }
}

/// The role by which the trail of a path delivers to its log group.
fn role(path: &Path) -> Option<Subject> {
    path.log_group.as_ref()?;
    let fields = &path.link(LinkId::T02)?.fields;
    let (_, arn) = fields
        .iter()
        .find(|(name, _)| name == "CloudWatchLogsRoleArn")?;
    let mut subject = Subject::of_arn(Kind::Role, arn);
    // Behind its path.
    if let Some(name) = arn::role_name(arn) {
        subject.name = name.to_owned();
    }
    Some(subject)
}

/// Whether the call is heard over the paths that it leaves. What trails record of their own change they still deliver; what
/// they record of a change of their role comes minutes later, when the role no longer lets them. What is done in another
/// account may be heard there as well: that nobody hears of it is not told.
fn heard(case: &Case<'_>, call: ApiCall, subject: &Subject, rest: &[&Path]) -> Heard {
    let event = event(call, subject, case.chain);
    let (memo, scope) = (case.memo, &case.chain.scope);
    let carried = |paths: &[&Path]| memo.covered_by(&event, &memo.parts(paths), scope);
    let here = subject.account == case.chain.account || subject.account.is_empty();
    let of_trail = call.source == "cloudtrail.amazonaws.com";
    let listening = if of_trail {
        case.sound.as_slice()
    } else {
        rest
    };
    let listening = listening.iter().copied();
    let listening: Vec<&Path> = listening
        .filter(|path| here || records(path, &case.chain.account, &subject.account))
        .collect();
    match memo.missed_by(&event, &memo.parts(&listening), scope) {
        Missed::Nothing => {
            let alone = listening.iter().find(|path| carried(&[path]));
            let cover = alone.map_or_else(|| listening.clone(), |path| vec![path]);
            let by = carriers(memo, &listening, &cover);
            Heard::Yes { by }
        }
        Missed::Event(_) if here => Heard::No {
            only_by_itself: !of_trail && carried(&case.sound),
        },
        Missed::Event(_) | Missed::Unknown(_) => Heard::Unknown,
    }
}

/// Whether a path of one account carries the events of another: the trail is the organization's, where it is not this account's
/// or its log group is not its own account's, and both of these are in the organization.
fn records(path: &Path, account: &str, other: &str) -> bool {
    let of = |arn: &Option<String>| arn.as_deref().and_then(arn::account).map(str::to_owned);
    let (Some(trail), Some(log_group)) = (of(&path.trail), of(&path.log_group)) else {
        return false;
    };
    let organization = trail != account || trail != log_group;
    organization && (other == trail || other == log_group)
}

/// The call as it succeeds, by anybody, where the resource is.
fn event(call: ApiCall, subject: &Subject, chain: &AccountChain) -> Predicate {
    let region = match call.source {
        "iam.amazonaws.com" => chain.scope.global_region.as_str(),
        _ => subject.region.as_str(),
    };
    let place = if region.is_empty() {
        Predicate::Always
    } else {
        Predicate::equals("awsRegion", region)
    };
    Predicate::all([
        Predicate::equals("eventSource", call.source),
        Predicate::equals("eventName", call.name),
        Predicate::missing("errorCode"),
        Predicate::equals("eventType", "AwsApiCall"),
        place,
    ])
}
