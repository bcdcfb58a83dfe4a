//! Controls of the section `logging`: is every event that is asked for kept by the trails together; if not, which is not,
//! and where it stops.
//!
//! The same decision as for being told, over paths that end in a bucket or a log group ([`crate::chain::recording`]).

use std::cmp::Reverse;

use serde_json::{Map, Value, json};

use crate::aws::arn;
use crate::chain::Path;
use crate::chain::recording::{AccountRecording, Events, Keeper, OBJECT_ARN};
use crate::chain::verdict::{Link, LinkId, Station, Verdict};
use crate::control::{Kept, Recorded, Recording};
use crate::coverage::{Missed, Predicate, Scope};

use super::case::soundest;
use super::coverage_memo::CoverageMemo;
use super::decision::Decision;
use super::finding::{Requirement, Status, Stop, Unrecorded, Why};
use super::holds;
use super::shown::{missing_links, same_events, told_links};

const S3: &str = "s3.amazonaws.com";

/// A bucket that nobody has, for witnesses.
const ANY_OBJECT: &str = "customer-records/2026/accounts.csv";

/// A control's question to the trails of one account.
struct RecordQuestion<'a> {
    memo: &'a CoverageMemo,
    recording: &'a AccountRecording,
    asked: &'a Recording,
    required: Predicate,
    paths: Vec<Path>,
}

/// The answer of one control.
pub(super) fn decide(
    memo: &CoverageMemo,
    recording: &AccountRecording,
    asked: &Recording,
) -> Decision {
    let (events, keeper) = (events_of(asked.of), keeper_of(asked.kept));
    let question = RecordQuestion {
        memo,
        recording,
        asked,
        required: required(asked, &recording.partition),
        paths: recording.paths(events, keeper),
    };
    question.answer()
}

fn events_of(of: Recorded) -> Events {
    match of {
        Recorded::ManagementEvents => Events::Management,
        Recorded::S3ObjectWrites | Recorded::S3ObjectReads => Events::Objects,
    }
}

fn keeper_of(kept: Kept) -> Keeper {
    match kept {
        Kept::Anywhere => Keeper::Any,
        Kept::ValidatedFiles => Keeper::ValidatedFiles,
        Kept::LogGroup => Keeper::LogGroup,
        Kept::EncryptedFiles => Keeper::EncryptedFiles,
    }
}

/// The events asked for.
fn required(asked: &Recording, partition: &str) -> Predicate {
    let read_only = match asked.of {
        Recorded::ManagementEvents => return Predicate::Always,
        Recorded::S3ObjectReads => Predicate::is_true("readOnly"),
        Recorded::S3ObjectWrites => Predicate::is_false("readOnly"),
    };
    // Names of buckets as the S3 user guide has them, and a key of printable ASCII.
    let objects = arn::bucket(partition, "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[!-~]+");
    let object = format!("^{objects}$");
    Predicate::all([
        Predicate::equals("eventSource", S3),
        Predicate::one_of("eventName", &asked.names),
        read_only,
        Predicate::equals("eventType", "AwsApiCall"),
        Predicate::in_form(OBJECT_ARN, &object),
    ])
}

impl RecordQuestion<'_> {
    fn answer(&self) -> Decision {
        let sound: Vec<&Path> = self.paths.iter().filter(|path| path.sound()).collect();
        let open = self.paths.iter();
        let open: Vec<&Path> = open
            .filter(|path| path.verdict() <= Verdict::Unknown)
            .collect();
        if self.keeps(&sound) {
            return match self.regions_open(&sound) {
                None => self.pass(&sound),
                Some(link) => self.unknown(&sound, &[link]),
            };
        }
        match self.missed(&open) {
            Missed::Nothing => {
                let cover = self.smallest(&open);
                let links = missing_links(&cover);
                self.unknown(&cover, &links)
            }
            Missed::Event(missed) => self.fail(&open, missed),
            Missed::Unknown(why) => {
                let why = Why::Undecided { why };
                let shown: Vec<&Path> = self.paths.iter().collect();
                self.decision(Status::Unknown, why, &shown, 1)
            }
        }
    }

    fn missed(&self, paths: &[&Path]) -> Missed {
        self.missed_of(&self.required, paths)
    }

    /// Whether these paths keep all that is asked for.
    fn keeps(&self, paths: &[&Path]) -> bool {
        let parts = self.memo.parts(paths);
        self.memo
            .covered_by(&self.required, &parts, &self.recording.scope)
    }

    fn missed_of(&self, required: &Predicate, paths: &[&Path]) -> Missed {
        self.memo
            .missed_by(required, &self.memo.parts(paths), &self.recording.scope)
    }

    /// Where the account's Regions were not told: the link that says so, if a Region beyond those that are known would not
    /// be recorded.
    fn regions_open(&self, sound: &[&Path]) -> Option<&Link> {
        let link = self.recording.regions_open.as_ref()?;
        let anywhere = Scope {
            regions: Vec::new(),
            ..self.recording.scope.clone()
        };
        let parts = self.memo.parts(sound);
        let covered = self.memo.covered_by(&self.required, &parts, &anywhere);
        (!covered).then_some(link)
    }

    /// An answer that rests on the first `decide` of these paths.
    fn decision(&self, status: Status, why: Why, paths: &[&Path], decide: usize) -> Decision {
        let decision = Decision {
            requirement: Some(Requirement {
                kind: "recording".to_owned(),
                label: "recording".to_owned(),
                text: self.asked.asks.clone(),
                source: self.asked.source.clone(),
            }),
            ..Decision::new(status, why)
        };
        decision.shows(paths, decide)
    }

    fn pass(&self, sound: &[&Path]) -> Decision {
        let cover = self.smallest(sound);
        let mut trails: Vec<String> = cover.iter().filter_map(|it| it.trail.clone()).collect();
        trails.dedup();
        let why = Why::Recorded { trails };
        let paths = same_events(self.memo, sound, &cover);
        let mut answer = self.decision(Status::Pass, why, &paths, cover.len());
        answer.notes = told_links(&cover);
        let scope = &self.recording.scope;
        let together = self.memo.together(&cover);
        answer.rests_on = self.memo.rests_on(&self.required, &together, scope);
        answer
    }

    fn unknown(&self, paths: &[&Path], links: &[&Link]) -> Decision {
        let named = links.iter().any(|link| link.cause.is_lack_of_evidence());
        let why = Why::EvidenceMissing {
            links: links.iter().map(|link| Stop::of(link)).collect(),
            gaps: if named {
                Vec::new()
            } else {
                self.recording.gaps.clone()
            },
        };
        self.decision(Status::Unknown, why, paths, 1)
    }

    /// Few paths that keep what is asked for: one that does it alone where there is one.
    fn smallest<'p>(&self, paths: &[&'p Path]) -> Vec<&'p Path> {
        let mut cover = soundest(self.memo, paths);
        cover.sort_by_key(|path| path.verdict());
        if let Some(alone) = cover.iter().find(|path| self.keeps(&[path])) {
            return vec![alone];
        }
        let mut index = cover.len();
        while index > 0 {
            index -= 1;
            let mut fewer = cover.clone();
            fewer.remove(index);
            if self.keeps(&fewer) {
                cover = fewer;
            }
        }
        cover
    }

    fn fail(&self, open: &[&Path], missed: Value) -> Decision {
        let told = self.examples().into_iter();
        let better = told.map(|example| self.missed_of(&self.required.clone().and(example), open));
        let missed = better
            .into_iter()
            .find_map(|answer| match answer {
                Missed::Event(missed) => Some(missed),
                Missed::Nothing | Missed::Unknown(_) => None,
            })
            .unwrap_or(missed);
        let (first, stop) = self.blame(&missed);
        let text = |field: &str| {
            let value = missed.get(field).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let object = text(OBJECT_ARN);
        let event = Unrecorded {
            event_name: text("eventName"),
            event_source: text("eventSource"),
            region: text("awsRegion"),
            object: (!object.is_empty()).then_some(object),
        };
        let why = Why::NobodyRecords {
            event,
            kept: self.asked.kept,
            stop: Box::new(stop),
        };
        let others = self.paths.iter().enumerate();
        let others = others
            .filter(|(at, _)| Some(*at) != first)
            .map(|(_, it)| it);
        let first = first.and_then(|at| self.paths.get(at)).into_iter();
        let shown: Vec<&Path> = first.chain(others).collect();
        let mut answer = self.decision(Status::Fail, why, &shown, 1);
        answer.witness = Some(record(missed));
        answer
    }

    /// Events that a reader understands at a glance, the best first: whichever is not kept becomes the witness.
    fn examples(&self) -> Vec<Predicate> {
        let scope = &self.recording.scope;
        if self.asked.of == Recorded::ManagementEvents {
            let decrypt = Predicate::equals("eventName", "Decrypt")
                .and(Predicate::equals("eventSource", "kms.amazonaws.com"));
            let elsewhere = scope.regions.iter();
            let elsewhere = elsewhere.filter(|region| **region != scope.global_region);
            return vec![
                decrypt
                    .clone()
                    .and(Predicate::one_of("awsRegion", elsewhere)),
                decrypt,
            ];
        }
        let bucket = |object: &str| arn::bucket(&self.recording.partition, object);
        let name = |name: &str| Predicate::equals("eventName", name);
        let (usual, own) = match self.asked.of {
            Recorded::S3ObjectReads => (name("GetObject"), name("GetObject")),
            // Who takes the files of the trail away has nothing better to do than this.
            _ => (name("PutObject"), name("DeleteObject")),
        };
        let some = Predicate::equals(OBJECT_ARN, &bucket(ANY_OBJECT));
        let files = self.recording.buckets.iter().map(|name| {
            let account = &self.recording.account;
            let file = bucket(&format!(
                "{name}/AWSLogs/{account}/CloudTrail/digest.json.gz"
            ));
            own.clone().and(Predicate::equals(OBJECT_ARN, &file))
        });
        let usual = usual.and(some.clone());
        [usual, some].into_iter().chain(files).collect()
    }

    /// The path that takes the smallest change to keep the event, by position, and what stops the event there: one of a trail
    /// that was seen before one of a trail that nobody could see.
    fn blame(&self, event: &Value) -> (Option<usize>, Stop) {
        let stops = self.paths.iter().enumerate().filter_map(|(at, path)| {
            let (faults, stop) = stop(path, event)?;
            let rank = (path.trail.is_some(), Reverse(faults), stop.id.station());
            Some((rank, Reverse(at), stop))
        });
        let best = stops.max_by_key(|(rank, at, _)| (*rank, *at));
        match best {
            Some((_, Reverse(at), stop)) => (Some(at), stop),
            None => (
                None,
                Stop {
                    id: LinkId::T01,
                    subject: None,
                    cause: crate::chain::cause::TrailCause::NoTrailRecords.into(),
                },
            ),
        }
    }
}

/// What stops the event on a path, the first thing on its way, and how many things do.
fn stop(path: &Path, event: &Value) -> Option<(usize, Stop)> {
    let broken = path
        .links
        .iter()
        .filter(|link| link.verdict == Verdict::Broken);
    let broken = broken.map(|link| (link.id.station(), 0, Stop::of(link)));
    let unmet = path
        .conditions
        .iter()
        .filter(|it| !holds(&it.events, event));
    let unmet = unmet.map(|it| {
        let stop = Stop {
            id: it.id,
            subject: Some(it.subject.clone()),
            cause: it.cause.clone(),
        };
        (it.id.station(), 1, stop)
    });
    let mut all: Vec<(Station, usize, Stop)> = broken.chain(unmet).collect();
    let mut ids: Vec<LinkId> = all.iter().map(|(_, _, stop)| stop.id).collect();
    ids.dedup();
    all.sort_by_key(|(station, kind, _)| (*station, *kind));
    let first = all.into_iter().next()?;
    Some((ids.len(), first.2))
}

/// The event as CloudTrail writes it: the ARN of an object stands in `resources`.
fn record(event: Value) -> Value {
    let Value::Object(mut fields) = event else {
        return event;
    };
    let Some(Value::String(arn)) = fields.shift_remove(OBJECT_ARN) else {
        return Value::Object(fields);
    };
    let (bucket_arn, object_key) = arn::bucket_and_key(&arn);
    let bucket = arn::short_name(bucket_arn);
    let mut ordered = Map::new();
    for name in ["eventName", "eventSource", "readOnly", "awsRegion"] {
        if let Some(value) = fields.shift_remove(name) {
            ordered.insert(name.to_owned(), value);
        }
    }
    let resources = json!([
        {"type": "AWS::S3::Object", "ARN": arn},
        {"type": "AWS::S3::Bucket", "ARN": bucket_arn},
    ]);
    ordered.insert("resources".to_owned(), resources);
    let parameters = json!({"bucketName": bucket, "key": object_key});
    fields.shift_remove("requestParameters");
    ordered.insert("requestParameters".to_owned(), parameters);
    ordered.extend(fields);
    ordered.insert("managementEvent".to_owned(), json!(false));
    ordered.insert("eventCategory".to_owned(), json!("Data"));
    Value::Object(ordered)
}
