//! What every command's help says beside its options: groups of options, two examples or more, and exit codes. In one
//! place, so that help, manual pages and completions agree, and so that a test can run through all of it.

use clap::{Arg, Command};

/// The options by what they are for: heading, then the names of the options.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "What is asked",
        &[
            "benchmark",
            "control",
            "controls",
            "account",
            "framework",
            "section",
            "strict",
            "paths",
            "assume",
            "failing",
            "new-only",
            "pattern",
            "event-pattern",
            "required",
            "deployed",
            "deployed-rule",
            "blind-spots",
            "with-fix",
            "no-fix",
            "plan",
            "counts",
            "to",
        ],
    ),
    ("What is made", &["email", "taken"]),
    (
        "Whom to ask",
        &[
            "profile",
            "region",
            "endpoint-url",
            "organization",
            "role-name",
            "external-id",
            "concurrency",
            "timeout",
            "from",
            "resume",
        ],
    ),
    ("What counts", &["fail-on", "attest"]),
    (
        "Signature",
        &[
            "allowed-signers",
            "identity",
            "signature",
            "at",
            "key",
            "secret",
        ],
    ),
    (
        "Output",
        &[
            "format",
            "output",
            "force",
            "raw",
            "full",
            "details",
            "gaps",
            "quiet",
            "color",
            "sarif-file",
            "smt-lib",
            "sql",
            "script",
            "print-policy",
        ],
    ),
    ("Reading", &["no-verify"]),
];

/// A command, its examples, its exit codes.
type Page = (
    &'static str,
    &'static [&'static str],
    &'static [(u8, &'static str)],
);

/// Examples and exit codes by command: each example is one that works as written.
const PAGES: &[Page] = &[
    (
        "",
        &[
            "trailproof analyze mine.trailproof",
            "trailproof explain mine.trailproof",
            "trailproof explain A06",
        ],
        &[
            (
                0,
                "done, and nothing at or above the threshold of --fail-on",
            ),
            (1, "findings, a difference, or a no"),
            (2, "trailproof could not do its job; the message says why"),
        ],
    ),
    (
        "analyze",
        &[
            "trailproof analyze mine.trailproof",
            "trailproof analyze mine.trailproof --benchmark cis-aws-5.0 --fail-on fail -o sarif=findings.sarif",
            "trailproof analyze mine.trailproof --framework nist-800-53-r5",
        ],
        FINDINGS,
    ),
    (
        "collect",
        &[
            "trailproof collect -o mine.trailproof",
            "trailproof collect --organization --role-name SecurityAudit -o organization.trailproof",
            "trailproof collect --print-policy",
        ],
        &[
            (0, "recorded, with everything that verdicts need"),
            (
                2,
                "not recorded to its end, or without an answer that a verdict needs; the message says which",
            ),
        ],
    ),
    (
        "completions",
        &["trailproof completions bash", "trailproof completions zsh"],
        PRINTED,
    ),
    (
        "diff",
        &[
            "trailproof diff baseline.trailproof today.trailproof",
            "trailproof diff baseline.trailproof today.trailproof --new-only --attest accepted.toml --format markdown",
        ],
        &[
            (0, "nothing at or above the threshold of --fail-on"),
            (1, "the posture got worse, or what else --fail-on names"),
            (
                2,
                "a file is no snapshot, was changed, or something named does not exist",
            ),
        ],
    ),
    (
        "explain",
        &[
            "trailproof explain mine.trailproof",
            "trailproof explain mine.trailproof 5.3 vpc_changes --full",
            "trailproof explain A06",
        ],
        PRINTED,
    ),
    (
        "import",
        &[
            "trailproof import --script > collect.sh",
            "trailproof import answers -o mine.trailproof",
        ],
        &[
            (0, "written; files that could not be used are named"),
            (2, "nothing was written"),
        ],
    ),
    (
        "man",
        &["trailproof man", "trailproof man pattern match"],
        PRINTED,
    ),
    (
        "pattern",
        &[
            "trailproof pattern explain '{ $.eventName = StopLogging }'",
            "trailproof pattern match --pattern '{ $.userIdentity.type = Root }' events.json.gz",
        ],
        &[
            (0, "answered"),
            (
                1,
                "`compare` alone: the patterns do not catch every event, or it is not decided",
            ),
            (2, "a pattern does not parse, or the events cannot be read"),
        ],
    ),
    (
        "pattern compare",
        &[
            "trailproof pattern compare --required '{ $.eventName = StopLogging }' --deployed '{ $.eventName = Stop* }'",
            "trailproof pattern compare --required '{ $.a = x || $.a = y }' --deployed '{ $.a = x }' --deployed '{ $.a = y }'",
        ],
        &[
            (0, "the deployed patterns catch every event"),
            (1, "they do not, or it is not decided"),
            (2, "a pattern does not parse"),
        ],
    ),
    (
        "pattern explain",
        &[
            "trailproof pattern explain '{ $.eventName = StopLogging }'",
            "trailproof pattern explain --event-pattern '{\"source\":[\"aws.iam\"]}'",
        ],
        PRINTED,
    ),
    (
        "pattern match",
        &[
            "trailproof pattern match --pattern '{ $.userIdentity.type = Root }' events.json.gz",
            "trailproof pattern match --event-pattern '{\"source\":[\"aws.iam\"]}' --format json events.json",
        ],
        &[
            (0, "the events were read, whether one matches or none"),
            (
                2,
                "the pattern does not parse, the events cannot be read, or there are none",
            ),
        ],
    ),
    (
        "query",
        &[
            "trailproof query mine.trailproof 'select * from silent_alarm'",
            "trailproof query mine.trailproof 'select name from metric_filter' --format csv",
        ],
        &[
            (0, "the rows were printed"),
            (
                2,
                "the query is not one statement that reads, or took too long",
            ),
        ],
    ),
    (
        "redact",
        &[
            "trailproof redact mine.trailproof -o shared.trailproof",
            "trailproof redact mine.trailproof -o shared.trailproof --secret masks.key",
        ],
        &[(0, "written"), (2, "nothing was written")],
    ),
    (
        "replay",
        &[
            "trailproof replay mine.trailproof AWSLogs/",
            "trailproof replay mine.trailproof AWSLogs/ --from 2026-11-01 --to 2026-11-07 --control root_usage",
            "trailproof replay mine.trailproof AWSLogs/ --with-fix",
            "trailproof replay mine.trailproof --sql duckdb",
        ],
        &[
            (
                0,
                "somebody heard of every event that was asked for, or --fail-on is never",
            ),
            (1, "nobody heard of one"),
            (
                2,
                "the snapshot or the records cannot be read, a file is damaged, or no record was judged",
            ),
        ],
    ),
    (
        "sign",
        &[
            "trailproof sign mine.trailproof --key ~/.ssh/id_ed25519",
            "trailproof sign mine.trailproof --key ~/.ssh/id_ed25519 --force",
        ],
        &[
            (0, "signed"),
            (2, "not signed: the snapshot is incomplete or was changed"),
        ],
    ),
    (
        "verify",
        &[
            "trailproof verify mine.trailproof",
            "trailproof verify mine.trailproof --allowed-signers SIGNERS --identity jane@example.com",
        ],
        &[
            (
                0,
                "every row is as it was written, and the signature is accepted where one was asked for",
            ),
            (
                1,
                "something was changed, is missing or is not accepted; the row is named",
            ),
            (2, "the file or the signature cannot be read"),
        ],
    ),
];

const PRINTED: &[(u8, &str)] = &[
    (0, "printed"),
    (
        2,
        "something that was named does not exist or cannot be read",
    ),
];

const FINDINGS: &[(u8, &str)] = &[
    (0, "nothing at or above the threshold of --fail-on"),
    (1, "findings at or above it that no attestation accepts"),
    (
        2,
        "trailproof could not do its job: no snapshot, a changed one, an unknown control",
    ),
];

/// The command line with groups, examples and exit codes.
pub(super) fn with_help(command: Command) -> Command {
    with_page(command, "")
}

fn with_page(command: Command, path: &str) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    let mut command = command.mut_args(grouped);
    if let Some((_, examples, codes)) = PAGES.iter().find(|(name, ..)| *name == path) {
        let own = command.get_after_help().map(ToString::to_string);
        let own = own.map_or(String::new(), |text| format!("{text}\n\n"));
        command = command.after_help(format!("{own}{}", page(examples, codes)));
    }
    for name in names {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path} {name}")
        };
        command = command.mut_subcommand(name, |sub| with_page(sub, &below));
    }
    command
}

fn grouped(arg: Arg) -> Arg {
    if arg.is_positional() || arg.get_help_heading().is_some() {
        return arg;
    }
    let name = arg.get_long().unwrap_or_default().to_owned();
    match GROUPS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
    {
        Some((heading, _)) => arg.help_heading(*heading),
        None => arg,
    }
}

fn page(examples: &[&str], codes: &[(u8, &str)]) -> String {
    let mut text = "Examples:\n".to_owned();
    for example in examples {
        text.push_str(&format!("  {example}\n"));
    }
    text.push_str("\nExit codes:");
    for (code, meaning) in codes {
        text.push_str(&format!("\n  {code}  {meaning}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    /// Every command, with its names.
    fn commands(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
        found.push((path.to_vec(), command.clone()));
        for sub in command.get_subcommands() {
            let path = [path, &[sub.get_name().to_owned()]].concat();
            commands(sub, &path, found);
        }
    }

    #[test]
    fn every_command_has_groups_two_examples_and_exit_codes() {
        let mut found = Vec::new();
        commands(&with_help(Cli::command()), &[], &mut found);
        assert!(found.len() > 10);
        for (path, mut command) in found {
            let help = command.render_long_help().to_string();
            let examples = help.matches("\n  trailproof ").count();
            assert!(examples >= 2, "{path:?} has {examples} examples");
            // Those of `replay` stood there twice, in two wordings.
            assert_eq!(help.matches("Exit codes:\n  0  ").count(), 1, "{path:?}");
            assert_eq!(help.matches("Examples:\n").count(), 1, "{path:?}");
            let bare: Vec<&str> = command
                .get_arguments()
                .filter(|arg| !arg.is_positional() && arg.get_help_heading().is_none())
                .filter_map(Arg::get_long)
                .filter(|name| !["help", "version"].contains(name))
                .collect();
            assert!(bare.is_empty(), "{path:?}: {bare:?} belong to no group");
        }
    }

    #[test]
    fn every_example_is_a_command_that_is_understood() {
        for (path, examples, _) in PAGES {
            // Built with the feature `collect` alone.
            if *path == "collect" && !cfg!(feature = "collect") {
                continue;
            }
            for example in *examples {
                let words = words(example);
                assert!(words[1..].join(" ").starts_with(path), "{example}");
                let read = with_help(Cli::command()).try_get_matches_from(&words);
                assert!(read.is_ok(), "{example}: {}", read.unwrap_err());
            }
        }
    }

    /// The words of an example as a shell gives them: quotes taken off, what follows a redirection left out.
    fn words(example: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in example.chars() {
            match c {
                '\'' => quoted = !quoted,
                '>' if !quoted => break,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
