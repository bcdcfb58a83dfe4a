//! Amazon Resource Names, taken apart and put together once: `arn:partition:service:region:account:resource` (AWS General
//! Reference). A test holds that no other file reads or writes one by hand.

use std::fmt;

/// The parts of an ARN. Region and account are empty for resources that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-us-gov`, `aws-cn` ...
    pub partition: &'a str,
    /// The service: `sns`, `logs` ...
    pub service: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The account.
    pub account: &'a str,
    /// Everything after the account.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of a text that is an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = parts(text);
        if parts.next() != Some("arn") {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// What people call the resource: the trail, log group, alarm, rule or bus without the word for its kind.
    pub fn name(&self) -> &'a str {
        let kinds = [
            "trail/",
            "log-group:",
            "alarm:",
            "alarm-mute-rule:",
            "rule/",
            "event-bus/",
        ];
        kinds
            .iter()
            .find_map(|kind| self.resource.strip_prefix(kind))
            .unwrap_or(self.resource)
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// A Region of an account, where resources are: gives their ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The partition.
    pub partition: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The account.
    pub account: &'a str,
}

impl<'a> Location<'a> {
    /// A Region of an account, in the partition of that Region.
    pub fn new(account: &'a str, region: &'a str) -> Self {
        Self {
            partition: partition_of_region(region),
            region,
            account,
        }
    }

    /// The ARN of a resource here.
    pub fn arn(self, service: &str, resource: &str) -> String {
        Arn {
            partition: self.partition,
            service,
            region: self.region,
            account: self.account,
            resource,
        }
        .to_string()
    }

    /// The ARN of a trail.
    pub fn trail(self, name: &str) -> String {
        self.arn("cloudtrail", &format!("trail/{name}"))
    }

    /// The ARN of a log group, without the `:*` that some answers put behind it.
    pub fn log_group(self, name: &str) -> String {
        self.arn("logs", &format!("log-group:{name}"))
    }

    /// The ARN of an alarm.
    pub fn alarm(self, name: &str) -> String {
        self.arn("cloudwatch", &format!("alarm:{name}"))
    }

    /// The ARN of a topic.
    pub fn topic(self, name: &str) -> String {
        self.arn("sns", name)
    }
}

/// The ARN of what IAM keeps for an account in every Region: `root`, `role/...`.
pub fn iam(partition: &str, account: &str, resource: &str) -> String {
    let everywhere = Location {
        partition,
        region: "",
        account,
    };
    everywhere.arn("iam", resource)
}

/// The ARN of a bucket, or of the object that stands behind its name.
pub fn bucket(partition: &str, resource: &str) -> String {
    let nobodys = Location {
        partition,
        region: "",
        account: "",
    };
    nobodys.arn("s3", resource)
}

/// The ARN of an object's bucket, and the key of the object; the key is empty in the ARN of a bucket.
pub fn bucket_and_key(arn: &str) -> (&str, &str) {
    arn.split_once('/').unwrap_or((arn, ""))
}

/// What event selectors write for the objects of all buckets; no whole ARN.
pub fn all_objects(partition: &str) -> String {
    format!("{START}{partition}:s3")
}

/// What every ARN begins with.
const START: &str = "arn:";

/// Whether a text is an ARN.
pub fn is_arn(text: &str) -> bool {
    Arn::parse(text).is_some()
}

/// Whether a text begins as ARNs do, be it a whole one or the beginning of one.
pub fn begins_one(text: &str) -> bool {
    text.starts_with(START)
}

/// The name of a log group from its name or ARN, with or without the trailing `:*`.
pub fn log_group_name(identifier: &str) -> &str {
    let resource = Arn::parse(identifier).map(|arn| arn.resource);
    match resource.and_then(|it| it.strip_prefix("log-group:")) {
        Some(name) => name.strip_suffix(":*").unwrap_or(name),
        None => identifier,
    }
}

/// An ARN of a log group without the trailing `:*`.
pub fn log_group_arn(arn: &str) -> &str {
    arn.strip_suffix(":*").unwrap_or(arn)
}

/// The topic of a subscription, whose ARN is that of its topic with one part more.
pub fn topic_of_subscription(arn: &str) -> Option<&str> {
    Arn::parse(arn)?;
    Some(arn.rsplit_once(':')?.0)
}

/// The name of an event bus.
pub fn bus_name(arn: &str) -> Option<&str> {
    Arn::parse(arn)?.resource.strip_prefix("event-bus/")
}

/// The name of a role, which stands behind its path.
pub fn role_name(arn: &str) -> Option<&str> {
    Some(Arn::parse(arn)?.resource.rsplit_once('/')?.1)
}

/// The six parts of an ARN, or of a pattern of ARNs; fewer of a text that ends before.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.splitn(6, ':')
}

/// The Region in a text, if it is an ARN.
pub fn region(text: &str) -> Option<&str> {
    Arn::parse(text).map(|arn| arn.region)
}

/// The account in a text, if it is an ARN.
pub fn account(text: &str) -> Option<&str> {
    Arn::parse(text).map(|arn| arn.account)
}

/// The partition in a text, if it is an ARN.
pub fn partition(text: &str) -> Option<&str> {
    Arn::parse(text).map(|arn| arn.partition)
}

/// The service in a text, if it is an ARN.
pub fn service(text: &str) -> Option<&str> {
    Arn::parse(text).map(|arn| arn.service)
}

/// Whether a text has the form of an account id: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a Region: `eu-west-1`, `us-gov-east-1`.
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let number = parts.next_back().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    words.len() >= 2
        && words
            .iter()
            .all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The partition that a Region belongs to.
pub fn partition_of_region(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
}

/// What people call the resource by; a text that is no ARN as it is.
pub fn short_name(text: &str) -> &str {
    Arn::parse(text).map_or(text, |arn| arn.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_what_people_say() {
        for (arn, name) in [
            (
                "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
                "main",
            ),
            ("arn:aws:logs:eu-west-1:111122223333:log-group:a/b", "a/b"),
            ("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x", "x"),
            ("arn:aws:sns:eu-west-1:111122223333:alerts", "alerts"),
            ("arn:aws:events:eu-west-1:111122223333:rule/bus/x", "bus/x"),
            ("plain", "plain"),
            ("arn:short", "arn:short"),
        ] {
            assert_eq!(short_name(arn), name);
        }
    }

    #[test]
    fn a_resource_keeps_its_colons_and_a_short_text_is_no_arn() {
        let arn = Arn::parse("arn:aws-cn:logs:cn-north-1:111122223333:log-group:a:b").expect("one");
        assert_eq!((arn.partition, arn.resource), ("aws-cn", "log-group:a:b"));
        assert_eq!(Arn::parse("arn:aws:sns:eu-west-1:1"), None);
        assert!(!is_arn("arn:aws:sns") && begins_one("arn:aws:sns"));
    }

    #[test]
    fn what_is_put_together_is_taken_apart_to_the_same() {
        let here = Location::new("111122223333", "cn-north-1");
        for arn in [
            here.trail("t"),
            here.log_group("a/b"),
            here.alarm("x: y"),
            here.topic("alerts"),
            iam("aws", "111122223333", "root"),
            bucket("aws", "logs/object"),
        ] {
            assert_eq!(Arn::parse(&arn).expect("one").to_string(), arn);
        }
        assert_eq!(log_group_name(&here.log_group("a:b:*")), "a:b");
        assert_eq!(log_group_name("a/b"), "a/b");
        let subscription = here.topic("alerts:6b5d2f0e");
        let topic = topic_of_subscription(&subscription).map(str::to_owned);
        assert_eq!(topic, Some(here.topic("alerts")));
        assert_eq!(topic_of_subscription("PendingConfirmation"), None);
    }
}
