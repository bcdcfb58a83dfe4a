//! The printed script with an `aws` of the test's own in place of the AWS CLI.

use std::path::Path;
use std::process::{Command, Output};

/// Runs a script in a folder with this `aws`, which is a shell script too, the words behind the script's name and these
/// variables.
pub(super) fn run(
    folder: &Path,
    aws: &str,
    script: &str,
    words: &[&str],
    variables: &[(&str, &str)],
) -> Output {
    let tools = folder.join("tools");
    tool(&tools, aws);
    std::fs::write(folder.join("fix.sh"), script).unwrap();
    Command::new("sh")
        .arg("fix.sh")
        .args(words)
        .current_dir(folder)
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// Puts an `aws` into a folder.
pub(super) fn tool(tools: &Path, aws: &str) {
    std::fs::create_dir_all(tools).unwrap();
    let own = tools.join("aws");
    std::fs::write(&own, aws).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}
