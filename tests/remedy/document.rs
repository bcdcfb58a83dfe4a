//! `docs/remediation.md` shows what is printed for the broken sample.

use crate::support::{golden, project, trailproof};

fn remediate(args: &[&str]) -> String {
    let output = trailproof()
        .arg("remediate")
        .arg(project("snapshots/broken.trailproof"))
        .args(args)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The document with a made part put in.
fn with_made(text: &str, name: &str, made: &str) -> String {
    let begin = format!("<!-- made: {name} -->\n");
    let start = text.find(&begin).unwrap() + begin.len();
    let end = start + text[start..].find("<!-- end -->").unwrap();
    format!("{}{made}{}", &text[..start], &text[end..])
}

#[test]
fn the_document_shows_what_is_printed() {
    let path = project("docs/remediation.md");
    let is = std::fs::read_to_string(&path).unwrap();
    let one = remediate(&["--control", "root_usage"]);
    let all = remediate(&[]);
    let said: Vec<&str> = all.lines().filter(|line| line.starts_with('#')).collect();
    let wanted = with_made(&is, "one control", &format!("```sh\n{one}```\n"));
    let wanted = with_made(
        &wanted,
        "all controls",
        &format!("```sh\n{}\n```\n", said.join("\n")),
    );
    golden::document(&path, &is, &wanted);
}
