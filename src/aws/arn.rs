//! Amazon Resource Names, taken apart once: `arn:partition:service:region:account:resource` (AWS General Reference).

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
        ["trail/", "log-group:", "alarm:", "rule/", "event-bus/"]
            .iter()
            .find_map(|kind| self.resource.strip_prefix(kind))
            .unwrap_or(self.resource)
    }
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
    }
}
