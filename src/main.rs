//! The `trailproof` command: hands its arguments to [`trailproof::cli`] and exits with its code.

fn main() -> std::process::ExitCode {
    trailproof::cli::run()
}
