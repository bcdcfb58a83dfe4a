//! The formats of an analysis, on made-up findings that have everything a finding can have.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trailproof::analyze::audit_steps::{ChainLack, Satisfied};
use trailproof::analyze::{
    AccountSummary, Analysis, Attestation, AuditSteps, Carriers, ControlSummary, Finding,
    FrameworkSections, Names, NotAccepted, Note, PathSummary, Premises, RefusedAttestation, Remark,
    Requirement, SnapshotSummary, Status, Stop, Why,
};
use trailproof::chain::Gap;
use trailproof::chain::cause::{
    AlarmCause, LogGroupCause, MetricFilterCause, Outcome, TrailCause, Unanswered,
};
use trailproof::chain::verdict::{Cause, Kind, Link, LinkId, Subject, Verdict};
use trailproof::control::{Answer, Assessment, Severity};
use trailproof::report::fix::Fix;
use trailproof::report::{self, About, AboutAccount, Dossier, EvidenceRow, Format, Style, View};

use super::support::golden;

fn finding(account: &str, number: &str, control: &str, status: Status, why: Why) -> Finding {
    Finding {
        account: account.into(),
        control: control.into(),
        title: format!("A case of {} raises an alert", control.replace('_', " ")),
        benchmark_id: Some(number.into()),
        severity: Severity::High,
        status,
        audit_steps: Some(AuditSteps {
            answer: Answer::Met,
            step: None,
            cause: Satisfied::EveryTrailAsAsked.into(),
            others: 0,
        }),
        why,
        witness: None,
        broken_link: None,
        requirement: Some(Requirement {
            kind: "text".into(),
            label: "text".into(),
            text: "{ ($.eventName = StopLogging) }".into(),
            source: "a source".into(),
        }),
        names: None,
        notes: Vec::new(),
        marks: Vec::new(),
        rests_on: Vec::new(),
        assumed: Vec::new(),
        paths: Vec::new(),
        paths_left_out: 0,
        evidence: Vec::new(),
        accepted: None,
        blind_spots: None,
    }
}

fn witness() -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "accountId": "111122223333"},
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": "eu-west-1",
    })
}

const ACCOUNT: &str = "111122223333";
const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
const LOG_GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:trail";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";

fn one_region() -> Cause {
    TrailCause::OneRegion {
        region: "eu-west-1".into(),
    }
    .into()
}

fn alarm_link() -> Link {
    Link::new(
        LinkId::A02,
        Verdict::Broken,
        Subject::of_arn(
            Kind::Alarm,
            "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:CloudTrailChanges",
        ),
        AlarmCause::ActionsDisabled,
    )
    .field("ActionsEnabled", false)
    .evidence([12])
}

fn filter_link() -> Link {
    Link::new(
        LinkId::F01,
        Verdict::Broken,
        Subject::within(Kind::MetricFilter, "buckets", "trail", ACCOUNT, "eu-west-1"),
        MetricFilterCause::PatternDoesNotMatch,
    )
}

fn topic_link() -> Link {
    let cause = Unanswered {
        api: "sns:GetTopicAttributes".into(),
        operation: "GetTopicAttributes".into(),
        account: ACCOUNT.into(),
        region: "eu-west-1".into(),
        about: TOPIC.into(),
        outcome: Outcome::Failed {
            how: "denied".into(),
            error: "AuthorizationError".into(),
        },
        open: None,
        action_succeeded_at: None,
    };
    let topic = Subject::of_arn(Kind::Topic, TOPIC);
    Link::new(LinkId::N03, Verdict::Unknown, topic, cause)
}

fn nobody_hears(event: &str, link: Link) -> Why {
    Why::NobodyHears {
        event: event.into(),
        stop: Box::new(Stop::of(&link)),
    }
}

fn sample() -> Analysis {
    let mut pass = finding(
        ACCOUNT,
        "5.3",
        "root_usage",
        Status::Pass,
        Why::Carried(Carriers {
            filters: vec!["RootUsage".into()],
            alarms: vec!["RootUsage".into()],
            rules: Vec::new(),
            told: vec![("email".into(), "security@example.com".into())],
            told_left_out: 0,
        }),
    );
    pass.notes = vec![Note {
        link: Some(LinkId::T07),
        subject: Some(Subject::of_arn(Kind::Trail, TRAIL)),
        about: Remark::Link {
            verdict: Verdict::Degraded,
            cause: Box::new(one_region()),
        },
    }];
    let mut fail = finding(
        ACCOUNT,
        "5.5",
        "cloudtrail_changes",
        Status::Fail,
        nobody_hears("StopLogging", alarm_link()),
    );
    fail.broken_link = Some(LinkId::A02);
    fail.witness = Some(witness());
    fail.names = Some(Names {
        covered: [("CreateTrail".to_owned(), vec!["a".to_owned()])].into(),
        missing: vec!["StopLogging".into()],
    });
    fail.paths = vec![PathSummary {
        trail: Some(TRAIL.into()),
        log_group: Some(LOG_GROUP.into()),
        filter: Some("CloudTrailChanges".into()),
        pattern: Some("{ ($.eventName = StopLogging) }".into()),
        alarm: Some("CloudTrailChanges".into()),
        rule: None,
        action: Some(TOPIC.into()),
        subscription: Some("email security@example.com".into()),
        verdict: Verdict::Broken,
        links: vec![
            Link::new(
                LinkId::T01,
                Verdict::Ok,
                Subject::of_arn(Kind::Trail, TRAIL),
                TrailCause::TrailLogging,
            )
            .field("IsLogging", true)
            .evidence([3])
            .into(),
            alarm_link().into(),
        ],
    }];
    fail.evidence = vec![3, 12];
    let mut unknown = finding(
        ACCOUNT,
        "5.7",
        "cmk_disable_or_delete",
        Status::Unknown,
        Why::EvidenceMissing {
            links: vec![Stop::of(&topic_link())],
            gaps: Vec::new(),
        },
    );
    unknown.broken_link = Some(LinkId::N03);
    let mut accepted = finding(
        ACCOUNT,
        "5.8",
        "s3_bucket_policy_changes",
        Status::Fail,
        nobody_hears("PutBucketAcl", filter_link()),
    );
    accepted.broken_link = Some(LinkId::F01);
    accepted.audit_steps = Some(AuditSteps {
        answer: Answer::NotMet,
        step: Some("3".into()),
        cause: ChainLack::LogGroupHasNoFilter {
            log_group: "trail".into(),
        }
        .into(),
        others: 2,
    });
    let attestation = Attestation {
        control: "s3_bucket_policy_changes".into(),
        account: ACCOUNT.into(),
        reason: "watched by the SIEM".into(),
        by: "Jo Example".into(),
        evidence: "TICKET-7".into(),
        expires: "2027-06-30".into(),
        longer_because: None,
    };
    accepted.accepted = Some(attestation.clone());
    let none = finding(
        "444455556666",
        "5.15",
        "organizations_changes",
        Status::NotApplicable,
        Why::NoRequirement,
    );
    Analysis {
        snapshot: SnapshotSummary {
            derivation: 1,
            verified: true,
            complete: true,
            producer: "trailproof 0.1.0 collect".into(),
            started_at: "2026-11-20T10:00:00.000Z".into(),
            finished_at: Some("2026-11-20T10:00:09.000Z".into()),
            evidence_sha256: Some("e".repeat(64)),
            facts_sha256: Some("f".repeat(64)),
            root_sha256: Some("d".repeat(64)),
            supposed_changes: 0,
        },
        benchmark: "cis-aws-7.0".into(),
        benchmark_title: "CIS Amazon Web Services Foundations Benchmark 7.0".into(),
        controls: vec![ControlSummary {
            id: "root_usage".into(),
            title: "Use of the root user raises an alert".into(),
            benchmark_id: Some("5.3".into()),
            severity: Severity::High,
            category: Some("Identity and access".into()),
            section: trailproof::control::Section::Monitoring,
            level: Some(1),
            assessment: Some(Assessment::Manual),
            remediation: "Put a filter and an alarm.".into(),
            references: vec!["https://docs.example.com/root".into()],
            frameworks: vec![FrameworkSections {
                id: "nist-800-53-r5".into(),
                title: "NIST SP 800-53 Rev. 5".into(),
                sections: vec!["AU-6".into(), "AU-12".into()],
            }],
            elsewhere: vec![("lacework".into(), "lacework-global-59".into())],
        }],
        findings: vec![pass, fail, unknown, accepted, none],
        accounts: vec![
            AccountSummary {
                account: ACCOUNT.into(),
                trails: 1,
                paths: 15,
                gaps: vec![Gap {
                    region: "eu-west-1".into(),
                    service: "sns".into(),
                    operation: "GetTopicAttributes".into(),
                    subject: TOPIC.into(),
                    kind: "denied".into(),
                    code: "AuthorizationError".into(),
                    message: "not authorized to perform: SNS:GetTopicAttributes".into(),
                    evidence: 40,
                }],
                notes: vec![Note {
                    link: Some(LinkId::T13),
                    subject: None,
                    about: Remark::Link {
                        verdict: Verdict::Ok,
                        cause: Box::new(
                            TrailCause::OrganizationsEventsElsewhere {
                                organization: "o-exampleorgid".into(),
                                management_account: "777788889999".into(),
                            }
                            .into(),
                        ),
                    },
                }],
                other_monitoring: vec![Note {
                    link: Some(LinkId::X05),
                    subject: Some(Subject::of_arn(Kind::LogGroup, LOG_GROUP)),
                    about: Remark::Link {
                        verdict: Verdict::Ok,
                        cause: Box::new(
                            LogGroupCause::MetricExtractionPolicy {
                                policy: "siem".into(),
                            }
                            .into(),
                        ),
                    },
                }],
            },
            AccountSummary {
                account: "444455556666".into(),
                ..AccountSummary::default()
            },
        ],
        premises: Premises::default(),
        refused: vec![RefusedAttestation {
            attestation: Attestation {
                control: "root_usage".into(),
                ..attestation
            },
            why: NotAccepted::NothingToAccept {
                status: Status::Pass,
            },
        }],
        framework: None,
    }
}

fn about() -> About {
    let row = |operation: &str| EvidenceRow {
        region: "eu-west-1".into(),
        service: "monitoring".into(),
        operation: operation.into(),
        at: "2026-11-20T10:00:03.000Z".into(),
        error: None,
        sha256: "a".repeat(64),
    };
    About {
        file: "march.trailproof".into(),
        argument: "march.trailproof".into(),
        again: "march.trailproof --benchmark cis-aws-7.0".into(),
        narrowed: String::new(),
        accepting: String::new(),
        accounts: [(
            "111122223333".to_owned(),
            AboutAccount {
                name: Some("payments".into()),
                caller: Some("arn:aws:sts::111122223333:assumed-role/audit/jo".into()),
                regions: 17,
                regions_answered: 17,
                calls: 120,
            },
        )]
        .into(),
        left_out_accounts: 0,
        organization_accounts: Some(3),
        evidence: [(3, row("DescribeTrails")), (12, row("DescribeAlarms"))].into(),
        fixes: fixes(),
    }
}

/// The fix of one finding, with a name that means something in a shell and on a page.
fn fixes() -> BTreeMap<(String, String), Fix> {
    let key = ("111122223333".to_owned(), "cloudtrail_changes".to_owned());
    let fix = Fix {
        told: vec![
            "1 change; of the findings that did not pass, 1 passes after it, 0 fail, 0 are unknown".into(),
            "changing `<b>` touches the alarms `a`, `b`".into(),
        ],
        commands: vec![
            r#"aws cloudwatch enable-alarm-actions --region=eu-west-1 --cli-input-json '{"AlarmNames":["<b> & `x`"]}'"#.into(),
        ],
    };
    [(key, fix)].into()
}

fn rendered(analysis: &Analysis, format: Format, style: Style) -> String {
    let dossier = Dossier {
        analysis,
        about: &about(),
    };
    let view = View {
        style,
        ..View::default()
    };
    report::analysis(dossier, format, view)
}

#[test]
fn every_format_is_as_its_golden_file_says() {
    let plain = Style::default();
    for (format, name) in [
        (Format::Table, "report/table.txt"),
        (Format::Json, "report/analysis.json"),
        (Format::Csv, "report/analysis.csv"),
        (Format::Markdown, "report/analysis.md"),
        (Format::Comment, "report/comment.md"),
        (Format::Junit, "report/analysis.xml"),
        (Format::Sarif, "report/analysis.sarif"),
        (Format::Ocsf, "report/ocsf.json"),
        (Format::Asff, "report/asff.json"),
        (Format::Oscal, "report/oscal.json"),
        (Format::Hdf, "report/hdf.json"),
        (Format::Html, "report/analysis.html"),
    ] {
        golden::check(name, &rendered(&sample(), format, plain));
    }
}

#[test]
fn the_table_stays_within_its_width_and_colours_only_on_request() {
    for width in [60, 80, 100, 140] {
        for details in [false, true] {
            let shown = |colour: bool| {
                let dossier = Dossier {
                    analysis: &sample(),
                    about: &about(),
                };
                let view = View {
                    style: Style { colour, width },
                    details,
                    gaps: details,
                    ..View::default()
                };
                report::analysis(dossier, Format::Table, view)
            };
            let plain = shown(false);
            for line in plain.lines() {
                let columns = line.chars().count();
                // The rows of `--details` have columns of their own that are not cut.
                let is_row = details && line.contains("  control  ") || line.starts_with("5.");
                assert!(columns <= width || is_row, "{columns} columns: {line}");
            }
            assert!(!plain.contains('\u{1b}'));
            let coloured = shown(true);
            assert!(coloured.contains('\u{1b}'));
            assert_eq!(strip(&coloured), plain, "colour changes nothing but colour");
        }
    }
}

fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

#[test]
fn the_json_contract_keeps_its_fields() {
    let report: Value =
        serde_json::from_str(&rendered(&sample(), Format::Json, Style::default())).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["benchmark"], "cis-aws-7.0");
    let finding = &report["findings"][1];
    for field in [
        "account",
        "control",
        "benchmark_id",
        "status",
        "audit_steps",
        "reason",
        "witness",
        "broken_link",
        "paths",
    ] {
        assert!(!finding[field].is_null(), "{field}");
    }
    assert_eq!(finding["broken_link"], "A02");
    assert!(report["findings"][0]["witness"].is_null());
    assert_eq!(report["summary"]["fail"], 2);
}

#[test]
fn a_comment_fits_however_much_fails() {
    let mut analysis = sample();
    for number in 0..1_500 {
        let cause = MetricFilterCause::PatternNotUnderstood {
            error: format!("there is a fault of its own here, which has the number {number}"),
        };
        let filter = Subject::within(Kind::MetricFilter, "f", "trail", ACCOUNT, "eu-west-1");
        let link = Link::new(LinkId::F01, Verdict::Broken, filter, cause);
        let why = nobody_hears("StopLogging", link);
        let finding = finding(ACCOUNT, "5.9", "config_changes", Status::Fail, why);
        analysis.findings.push(finding);
    }
    let text = rendered(&analysis, Format::Comment, Style::default());
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("which do not fit here"), "{}", text.len());
}
