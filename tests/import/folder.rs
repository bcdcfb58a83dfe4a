//! Writes a world as the folder that the AWS CLI would have written.

use crate::support::world::{Answer, World};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How the files are named.
#[derive(Clone, Copy)]
pub enum Layout {
    /// As the script does it, with a list of calls.
    Script,
    /// By account, region, operation and subject, without a list.
    Names,
    /// By number alone, in one folder, where `loose` holds of the operation; else by name.
    Shapes {
        /// Whether the shape is enough.
        loose: fn(&str) -> bool,
    },
}

/// Writes every answer of the world.
pub fn write(world: &World, folder: &Path, layout: Layout) {
    let mut list = String::new();
    for (index, answer) in world.answers.iter().enumerate() {
        let product = if answer.service == "monitoring" {
            "cloudwatch"
        } else {
            &answer.service
        };
        let operation = cli_name(&answer.operation);
        let place = format!("{}/{}", answer.account, answer.region);
        let name = match layout {
            Layout::Script => format!("{place}/{product}.{operation}.{:05}.json", index + 1),
            Layout::Shapes { loose }
                if loose(&answer.operation) && answer.operation != "DescribeTrails" =>
            {
                format!("{index}.json")
            }
            Layout::Names | Layout::Shapes { .. } => {
                format!("{place}/{product}-{operation}.{}.json", subject(answer))
            }
        };
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let status = match &answer.output {
            Ok(output) => {
                fs::write(&path, serde_json::to_string_pretty(output).unwrap()).unwrap();
                0
            }
            Err(error) => {
                fs::write(&path, "").unwrap();
                let text = format!(
                    "\nAn error occurred ({}) when calling the {} operation (reached max retries: 2): {}\n",
                    error.code, answer.operation, error.message
                );
                fs::write(folder.join(format!("{name}.error")), text).unwrap();
                254
            }
        };
        let _ = write!(
            list,
            "{name}\t{}\t{}\t{product}\t{operation}\t{status}\t2026-11-21T00:{:02}:{:02}Z\t",
            answer.account,
            answer.region,
            index / 60,
            index % 60
        );
        list.push_str(&request(&answer.request));
        list.push('\n');
    }
    if matches!(layout, Layout::Script) {
        fs::write(folder.join("calls.tsv"), list).unwrap();
    }
}

/// `DescribeTrails` -> `describe-trails`.
pub fn cli_name(operation: &str) -> String {
    let mut name = String::new();
    for c in operation.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn request(request: &Value) -> String {
    let members = request
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Array(items) => items
                .iter()
                .map(|item| format!("{name}[]={}", item.as_str().unwrap()))
                .collect(),
            Value::String(text) => vec![format!("{name}={text}")],
            other => vec![format!("{name}={other}")],
        });
    members.collect::<Vec<_>>().join("\t")
}

/// What the request is about, as it can stand in a file name.
fn subject(answer: &Answer) -> String {
    let request = answer.request.as_object().unwrap();
    let subject = match request
        .values()
        .find(|value| value.is_string() || value.is_array())
    {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().unwrap())
            .collect::<Vec<_>>()
            .join("."),
        _ => "0001".to_owned(),
    };
    subject
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace(':', "%3A")
}
