//! How time and memory grow with what is read: each row of the scaling table of docs/performance.md.
//!
//! `cargo bench --no-default-features --bench scale` runs every row; words behind `--` choose those whose command names one of
//! them. `... --bench scale -- --write accounts:1000 FILE` writes a synthetic snapshot and runs nothing.
//!
//! Each row runs the binary as a user would, and beside it, in the same run, a program that reads every value of the same
//! fact tables once with SQLite. Prints time, peak memory and the ratio.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    reason = "a measurement may panic, and prints what it measured; it shares the accounts of the tests"
)]

#[path = "../tests/support/controls.rs"]
mod controls;
#[path = "support/estate.rs"]
mod estate;
#[path = "support/measure.rs"]
mod measure;
#[path = "../tests/support/world.rs"]
mod world;

use std::path::{Path, PathBuf};

use estate::Shape;
use measure::{Measured, read_once, run};

/// What is run: the command over the snapshots of these shapes, as `{}` in their order.
const ROWS: [(&str, &[&str]); 15] = [
    ("analyze {}", &["accounts:1000"]),
    ("analyze {} --no-verify", &["accounts:1000"]),
    ("analyze {}", &["members:1000"]),
    ("verify {}", &["accounts:1000"]),
    ("analyze {}", &["accounts:10000"]),
    ("analyze {}", &["filters:10000"]),
    ("analyze {}", &["shared:100,300,2"]),
    ("analyze {}", &["grid:1,30,30,30"]),
    ("analyze {}", &["grid:30,30,30,30"]),
    ("analyze {}", &["expressions:5"]),
    ("analyze {}", &["wildcards:100"]),
    ("analyze {}", &["composites:2000"]),
    ("analyze {}", &["names:10000000"]),
    ("analyze {}", &["alarms:100000,0"]),
    ("diff {} {}", &["alarms:100000,0", "alarms:100000,1"]),
];

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if let [write, shape, path] = words.as_slice()
        && write == "--write"
    {
        let shape = Shape::parse(shape).expect("a shape such as accounts:1000");
        return shape.write(Path::new(path));
    }
    let folder = tempfile::tempdir().unwrap();
    for (command, shapes) in ROWS {
        let title = format!("{command} {}", shapes.join(" "));
        if words.is_empty() || words.iter().any(|word| title.contains(word.as_str())) {
            let paths: Vec<PathBuf> = shapes
                .iter()
                .map(|shape| written(folder.path(), shape))
                .collect();
            row(command, shapes, &paths);
        }
    }
}

/// The snapshot of a shape, made once a run.
fn written(folder: &Path, shape: &str) -> PathBuf {
    let path = folder.join(format!("{}.trailproof", shape.replace([':', ','], "-")));
    if !path.exists() {
        Shape::parse(shape).unwrap().write(&path);
    }
    path
}

fn row(command: &str, shapes: &[&str], paths: &[PathBuf]) {
    let mut files = paths.iter();
    let arguments: Vec<String> = command
        .split(' ')
        .map(|word| match word {
            "{}" => files.next().unwrap().display().to_string(),
            word => word.to_owned(),
        })
        .collect();
    let read: Vec<_> = paths.iter().map(|path| read_once(path)).collect();
    let reading: f64 = read.iter().map(|it| it.seconds).sum();
    let Measured { seconds, peak, .. } = run(&arguments);
    let mut words = command.split("{}");
    let mut shown = words.next().unwrap_or_default().to_owned();
    for (shape, word) in shapes.iter().zip(words) {
        shown.push_str(shape);
        shown.push_str(word);
    }
    println!(
        "{shown}: {seconds:.2} s, {} MB; reading the tables once {reading:.3} s; ratio {:.1}",
        peak / 1024,
        seconds / reading
    );
}
