//! Usage, credentials and what is printed.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Place, bare, collect, refuse, succeed};
use crate::support::fake_aws::FakeAws;
use crate::support::trailproof;
use crate::support::world::{ACCOUNT, World};

#[test]
fn without_credentials_it_says_so_at_once() {
    let place = Place::new();
    let file = place.file("a.trailproof");
    let start = Instant::now();
    let text = refuse(&mut bare(&file));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(text.contains("no usable AWS credentials"), "{text}");
    assert!(text.contains("help: "), "{text}");
    assert!(!text.contains("\\n"), "{text}");
    assert_eq!(
        std::fs::read_dir(place.file("")).unwrap().count(),
        0,
        "no file is left"
    );
}

/// What is wrong with the settings is said at once, in the words of the AWS CLI or clearer, and no file is left.
#[test]
fn settings_that_lead_nowhere_are_told_within_seconds() {
    let place = Place::new();
    let config = place.file("config");
    std::fs::write(
        &config,
        "[profile base]\naws_access_key_id = x\naws_secret_access_key = x\n\
         [profile with-mfa]\nrole_arn = arn:aws:iam::111122223333:role/Audit\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/jane\n",
    )
    .unwrap();
    let file = place.file("a.trailproof");
    let with_keys = || {
        let mut command = bare(&file);
        command
            .env("AWS_ACCESS_KEY_ID", "x")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", "us-east-1");
        command
    };
    let with_config = |profile: &str| {
        let mut command = bare(&file);
        command
            .env("AWS_CONFIG_FILE", &config)
            .args(["--profile", profile]);
        command
    };
    let aws = FakeAws::serve(&World::complete());
    let mut region = collect(&aws.endpoint(), ACCOUNT, &file);
    region.args(["--region", "eu-nowhere-9"]);
    let mut no_files = bare(&file);
    no_files.args(["--profile", "missing"]);
    let mut refused = with_keys();
    refused.args(["--endpoint-url", "http://127.0.0.1:9"]);
    let mut unknown_host = with_keys();
    unknown_host.args(["--endpoint-url", "http://aws.invalid"]);
    let mut silent = with_keys();
    // Accepts connections and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    silent.args(["--endpoint-url", &endpoint, "--timeout", "2"]);
    for (name, mut command, expected) in [
        ("profile", with_config("missing"), "no profile `missing`"),
        ("mfa", with_config("with-mfa"), "asks for an MFA code"),
        ("no-files", no_files, "they have: none"),
        (
            "refused",
            refused,
            "AWS did not answer at `http://127.0.0.1:9`: ",
        ),
        (
            "host",
            unknown_host,
            "AWS did not answer at `http://aws.invalid`: ",
        ),
        ("silent", silent, "AWS did not answer"),
        ("region", region, "has no region `eu-nowhere-9`"),
    ] {
        let start = Instant::now();
        let text = refuse(&mut command);
        eprintln!("{name}: {:.1} s: {text}", start.elapsed().as_secs_f64());
        assert!(
            text.contains(expected) && text.contains("help: "),
            "{name}: {text}"
        );
        assert!(start.elapsed() < Duration::from_secs(12), "{name}");
        assert!(!file.exists());
    }
}

#[test]
fn credentials_that_aws_does_not_know_leave_no_file() {
    let mut world = World::complete();
    world.fail("sts", "GetCallerIdentity", 403, "ExpiredToken");
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let text = refuse(&mut collect(
        &aws.endpoint(),
        ACCOUNT,
        &place.file("a.trailproof"),
    ));
    assert!(
        text.contains("ExpiredToken") && text.contains("sign in again"),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(place.file("")).unwrap().count(), 0);
}

#[test]
fn bad_arguments_are_refused_before_anything_is_asked() {
    let place = Place::new();
    let file = place.file("a.trailproof");
    for (arguments, expected) in [
        (&["--region", "Ireland"][..], "Ireland"),
        (&["--endpoint-url", "localhost:4566"], "localhost:4566"),
        (&["--organization"], "--role-name"),
        (&["--timeout", "0"], "--timeout"),
    ] {
        let mut command = bare(&file);
        let text = refuse(
            command
                .env("AWS_ACCESS_KEY_ID", "x")
                .env("AWS_SECRET_ACCESS_KEY", "x")
                .args(arguments),
        );
        assert!(text.contains(expected), "{text}");
    }
    trailproof().arg("collect").assert().code(2);
}

#[test]
fn an_existing_file_is_kept_without_force() {
    let aws = FakeAws::serve(&World::empty());
    let place = Place::new();
    let file = place.file("a.trailproof");
    std::fs::write(&file, "precious").unwrap();
    let text = refuse(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    assert!(text.contains("--force"), "{text}");
    assert_eq!(aws.requests(), 0);
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    succeed(collect(&aws.endpoint(), ACCOUNT, &file).arg("--force"));
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(b"SQLite format 3")
    );
}

#[test]
fn the_policy_is_read_only_json() {
    let output = trailproof()
        .args(["collect", "--print-policy"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let policy: Value = serde_json::from_slice(&output.stdout).unwrap();
    let actions = policy["Statement"][0]["Action"].as_array().unwrap();
    for action in [
        "cloudtrail:DescribeTrails",
        "cloudwatch:DescribeAlarms",
        "sns:GetSubscriptionAttributes",
    ] {
        assert!(actions.iter().any(|known| known == action), "{action}");
    }
    assert!(!policy.to_string().contains("AssumeRole"));
}

#[test]
fn the_endpoint_of_the_environment_is_used() {
    let aws = FakeAws::serve(&World::empty());
    let place = Place::new();
    let mut command = bare(&place.file("a.trailproof"));
    succeed(
        command
            .env("AWS_ENDPOINT_URL", aws.endpoint())
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "x"),
    );
    assert!(aws.requests() > 0);
}

#[test]
fn a_profile_names_credentials_and_region() {
    let aws = FakeAws::serve(&World::empty());
    let place = Place::new();
    let config = place.file("config");
    std::fs::write(
        &config,
        format!("[profile audit]\nregion = eu-west-1\naws_access_key_id = {ACCOUNT}\naws_secret_access_key = x\nendpoint_url = {}\n", aws.endpoint()),
    )
    .unwrap();
    let file = place.file("a.trailproof");
    succeed(
        bare(&file)
            .env("AWS_CONFIG_FILE", &config)
            .args(["--profile", "audit"]),
    );
    let regions = super::column(
        &file,
        "select region from evidence where operation = 'GetCallerIdentity'",
    );
    assert_eq!(regions, ["eu-west-1"]);
    let text = refuse(
        bare(&place.file("b.trailproof"))
            .env("AWS_CONFIG_FILE", &config)
            .args(["--profile", "nobody"]),
    );
    assert!(text.contains("nobody"), "{text}");
}
