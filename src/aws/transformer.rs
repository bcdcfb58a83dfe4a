//! Log transformers (L06): does a transformer leave the fields alone that a filter pattern reads?
//!
//! A transformer is a list of processors, each of which names the keys that it writes or deletes. Only keys are compared;
//! what a processor makes of a value is not computed. Sees no SQL and no files.

use serde::Serialize;
use serde_json::Value;

use super::json;

/// What a transformer does to the fields that a pattern reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransformerEffect {
    /// Each processor names its keys, and none of them is read.
    Untouched,
    /// A processor may change a field that is read.
    Touches {
        /// The processor.
        processor: String,
        /// The key that it writes or deletes.
        key: String,
    },
    /// A processor is not understood, or does not name its keys.
    Unknown(Obstacle),
}

/// Why it cannot be told what a transformer does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "obstacle", rename_all = "snake_case")]
pub enum Obstacle {
    /// The transformer is not a list of processors.
    NotAList,
    /// The pattern reads the whole record, which a transformer writes anew.
    ReadsWholeRecord,
    /// A processor is not an object of one member.
    ProcessorNotUnderstood,
    /// The first processor does not keep the record as it is.
    ReshapesRecord {
        /// The processor.
        processor: String,
    },
    /// A processor does not name the keys that it writes.
    KeysNotNamed {
        /// The processor.
        processor: String,
    },
    /// A key in a form that is not read.
    KeyNotUnderstood {
        /// The processor.
        processor: String,
        /// The key.
        key: String,
    },
}

/// What a transformer, given as the JSON list of its processors, does to fields at these paths, names joined by `.`.
pub fn effect(config: &str, paths: &[String]) -> TransformerEffect {
    judge(config, paths).map_or_else(|effect| effect, |()| TransformerEffect::Untouched)
}

fn judge(config: &str, paths: &[String]) -> Result<(), TransformerEffect> {
    let Some(Value::Array(processors)) = json::document(config) else {
        return Err(TransformerEffect::Unknown(Obstacle::NotAList));
    };
    if paths.iter().any(|path| path.starts_with('*')) {
        return Err(TransformerEffect::Unknown(Obstacle::ReadsWholeRecord));
    }
    let processors = processors.iter().map(|processor| {
        let members = processor.as_object().filter(|members| members.len() == 1);
        members
            .and_then(|members| members.iter().next())
            .ok_or(TransformerEffect::Unknown(Obstacle::ProcessorNotUnderstood))
    });
    for (position, processor) in processors.enumerate() {
        let (name, settings) = processor?;
        // The record is parsed first; anything but plain JSON at the root moves or renames all of it.
        if position == 0 && !is_plain_json(name, settings) {
            return Err(TransformerEffect::Unknown(Obstacle::ReshapesRecord {
                processor: name.clone(),
            }));
        }
        if position == 0 {
            continue;
        }
        for key in keys(name, settings)? {
            if key.is_empty() || key.contains(['\\', '"', '[', '*']) {
                return Err(TransformerEffect::Unknown(Obstacle::KeyNotUnderstood {
                    processor: name.clone(),
                    key,
                }));
            }
            if paths.iter().any(|path| related(path, &key)) {
                return Err(TransformerEffect::Touches {
                    processor: name.clone(),
                    key,
                });
            }
        }
    }
    Ok(())
}

fn is_plain_json(name: &str, settings: &Value) -> bool {
    let absent_or = |member: &str, plain: &str| match settings.get(member) {
        None | Some(Value::Null) => true,
        Some(value) => value == plain,
    };
    name == "parseJSON" && absent_or("source", "@message") && absent_or("destination", "")
}

/// The keys that a processor writes or deletes.
fn keys(name: &str, settings: &Value) -> Result<Vec<String>, TransformerEffect> {
    let keys_not_named = || {
        TransformerEffect::Unknown(Obstacle::KeysNotNamed {
            processor: name.to_owned(),
        })
    };
    let members: &[&str] = match name {
        "addKeys" => &["entries/key"],
        "deleteKeys" | "lowerCaseString" | "upperCaseString" | "trimString" => &["withKeys"],
        "moveKeys" => &["entries/source", "entries/target"],
        "renameKeys" => &["entries/key", "entries/renameTo"],
        "copyValue" => &["entries/target"],
        "typeConverter" => &["entries/key"],
        "splitString" | "substituteString" => &["entries/source"],
        "dateTimeConverter" | "listToMap" => &["target"],
        "parseJSON" | "parseKeyValue" => &["destination"],
        _ => {
            return Err(keys_not_named());
        }
    };
    let mut keys = Vec::new();
    for member in members {
        let found: Option<Vec<String>> = match member.split_once('/') {
            Some((list, key)) => texts(settings.get(list), |entry| entry.get(key)),
            None => match settings.get(*member) {
                Some(Value::String(key)) => Some(vec![key.clone()]),
                other => texts(other, itself),
            },
        };
        keys.extend(found.ok_or_else(keys_not_named)?);
    }
    Ok(keys)
}

/// The texts in a list; `None` if there is no list, or anything but texts in it.
fn texts(list: Option<&Value>, of: impl Fn(&Value) -> Option<&Value>) -> Option<Vec<String>> {
    let items = list?.as_array().filter(|items| !items.is_empty())?;
    items
        .iter()
        .map(|item| of(item)?.as_str().map(str::to_owned))
        .collect()
}

fn itself(value: &Value) -> Option<&Value> {
    Some(value)
}

/// Whether one of two keys is the other or lies below it. A path may have a `*` or an index, which stand for any name.
fn related(path: &str, key: &str) -> bool {
    path.split('.').zip(key.split('.')).all(|(name, other)| {
        name == other || name == "*" || name.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(processors: &Value) -> TransformerEffect {
        let paths = [
            "eventName",
            "userIdentity.type",
            "responseElements.items.*.name",
        ];
        effect(&processors.to_string(), &paths.map(str::to_owned))
    }

    fn after_json(processor: Value) -> TransformerEffect {
        ask(&json!([{"parseJSON": {}}, processor]))
    }

    #[test]
    fn processors_that_keep_to_other_keys_leave_the_fields_alone() {
        assert_eq!(
            ask(&json!([{"parseJSON": {}}])),
            TransformerEffect::Untouched
        );
        assert_eq!(
            ask(&json!([{"parseJSON": {"source": "@message"}}])),
            TransformerEffect::Untouched
        );
        for processor in [
            json!({"addKeys": {"entries": [{"key": "team", "value": "security"}]}}),
            json!({"addKeys": {"entries": [{"key": "userIdentity.team", "value": "security"}]}}),
            json!({"deleteKeys": {"withKeys": ["requestParameters", "userIdentity.arn"]}}),
            json!({"moveKeys": {"entries": [{"source": "requestID", "target": "ids"}]}}),
            json!({"renameKeys": {"entries": [{"key": "requestID", "renameTo": "request"}]}}),
            json!({"copyValue": {"entries": [{"source": "eventName", "target": "operation"}]}}),
            json!({"lowerCaseString": {"withKeys": ["eventSource"]}}),
            json!({"typeConverter": {"entries": [{"key": "readOnly", "type": "string"}]}}),
            json!({"substituteString": {"entries": [{"source": "userAgent", "from": "a", "to": "b"}]}}),
            json!({"dateTimeConverter": {"source": "eventTime", "target": "time"}}),
            json!({"parseJSON": {"source": "requestParameters.policyDocument", "destination": "policy"}}),
        ] {
            assert_eq!(
                after_json(processor.clone()),
                TransformerEffect::Untouched,
                "{processor}"
            );
        }
    }

    #[test]
    fn processors_that_touch_a_field_or_what_is_around_it() {
        for (processor, key) in [
            (
                json!({"deleteKeys": {"withKeys": ["x", "eventName"]}}),
                "eventName",
            ),
            (
                json!({"deleteKeys": {"withKeys": ["userIdentity"]}}),
                "userIdentity",
            ),
            (
                json!({"moveKeys": {"entries": [{"source": "x", "target": "eventName"}]}}),
                "eventName",
            ),
            (
                json!({"renameKeys": {"entries": [{"key": "eventName", "renameTo": "name"}]}}),
                "eventName",
            ),
            (
                json!({"copyValue": {"entries": [{"source": "x", "target": "userIdentity.type"}]}}),
                "userIdentity.type",
            ),
            (
                json!({"upperCaseString": {"withKeys": ["eventName"]}}),
                "eventName",
            ),
            (
                json!({"addKeys": {"entries": [{"key": "eventName.x", "value": "y"}]}}),
                "eventName.x",
            ),
            (
                json!({"trimString": {"withKeys": ["responseElements.items.0.name"]}}),
                "responseElements.items.0.name",
            ),
        ] {
            let expected = TransformerEffect::Touches {
                processor: processor
                    .as_object()
                    .unwrap()
                    .keys()
                    .next()
                    .unwrap()
                    .clone(),
                key: key.to_owned(),
            };
            assert_eq!(after_json(processor.clone()), expected, "{processor}");
        }
    }

    #[test]
    fn what_does_not_name_its_keys_is_unknown() {
        for processors in [
            json!({}),
            json!([{"parseToOCSF": {"eventSource": "CloudTrail"}}]),
            json!([{"parseJSON": {"destination": "record"}}]),
            json!([{"addKeys": {"entries": [{"key": "team", "value": "x"}]}}]),
            json!([{"parseJSON": {}}, {"grok": {"match": "%{NUMBER:n}"}}]),
            json!([{"parseJSON": {}}, {"csv": {}}]),
            json!([{"parseJSON": {}}, {"parseKeyValue": {}}]),
            json!([{"parseJSON": {}}, {"listToMap": {"source": "x", "key": "k"}}]),
            json!([{"parseJSON": {}}, {"deleteKeys": {}}]),
            json!([{"parseJSON": {}}, {"deleteKeys": {"withKeys": [7]}}]),
            json!([{"parseJSON": {}}, {"deleteKeys": {"withKeys": ["a\\.b"]}}]),
            json!([{"parseJSON": {}}, {"future": {"key": "x"}}]),
            json!([{"parseJSON": {}, "deleteKeys": {"withKeys": ["x"]}}]),
        ] {
            assert!(
                matches!(ask(&processors), TransformerEffect::Unknown(_)),
                "{processors}"
            );
        }
        assert!(matches!(
            effect("[]", &["*".to_owned()]),
            TransformerEffect::Unknown(_)
        ));
        assert!(matches!(
            effect("no json", &[]),
            TransformerEffect::Unknown(_)
        ));
    }
}
