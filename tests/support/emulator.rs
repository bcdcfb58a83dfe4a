//! Starts the emulators of `tests/emulators/` and gives them orders. They end with this process, whose end closes
//! their standard input.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::project;

/// A running emulator.
pub struct Emulator {
    /// Where it listens.
    pub endpoint: String,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    _child: Child,
}

impl Emulator {
    /// Starts `ministack` or `moto`; none, having said so, where the virtual environment of `tests/run` is absent.
    pub fn start(name: &str) -> Option<Self> {
        Self::start_with(&[name])
    }

    /// The same with the fault proxy in front.
    pub fn start_with_faults(name: &str) -> Option<Self> {
        Self::start_with(&[name, "--faults"])
    }

    fn start_with(arguments: &[&str]) -> Option<Self> {
        let python = PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default())
            .join("bin/python");
        if !python.exists() {
            let missing = "needs the emulators; run the tests with `tests/run`";
            assert!(
                std::env::var_os("CI").is_none(),
                "CI must not skip: {missing}"
            );
            eprintln!("skipped: {missing}");
            return None;
        }
        let mut child = Command::new(python)
            .arg(project("tests/emulators/rig.py"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let hello = line(&mut stdout);
        Some(Self {
            endpoint: hello["endpoint"].as_str().expect("an endpoint").to_owned(),
            pipes: Mutex::new((stdin, stdout)),
            _child: child,
        })
    }

    /// Builds an account of a kind that `accounts.py` knows.
    pub fn build(&self, kind: &str, account: &str) -> Value {
        self.order(&json!({"build": kind, "account": account}))
    }

    /// Replaces the rules of the fault proxy; gives the operations that the rules before them hit.
    pub fn faults(&self, rules: Value) -> BTreeSet<String> {
        let answer = self.order(&json!({"faults": rules}));
        let fired = answer["fired"].as_array().expect("a list");
        fired
            .iter()
            .map(|fault| fault["operation"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// A command as this account, away from every setting of the machine, with the AWS CLI of the emulators.
    pub fn command(&self, program: &str, account: &str) -> Command {
        let tools =
            PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default()).join("bin");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("AWS_ACCESS_KEY_ID", account)
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/nonexistent/config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
            // The emulators refuse what they do not have; asking again changes nothing.
            .env("AWS_MAX_ATTEMPTS", "1");
        command
    }

    /// Gives an order and waits for the answer.
    pub fn order(&self, order: &Value) -> Value {
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.0, "{order}").unwrap();
        let answer = line(&mut pipes.1);
        assert!(answer.get("error").is_none(), "{order}: {answer}");
        answer
    }
}

fn line(stdout: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("the rig said {line:?}"))
}
