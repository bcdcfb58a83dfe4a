use proptest::prelude::*;

use super::mask::{Mask, Secret};
use super::texts::Document;
use crate::pattern::parse;

fn mask() -> Mask {
    Mask::new(Secret::from_bytes(b"tests"))
}

proptest! {
    #[test]
    fn masks_are_one_to_one_and_keep_prefixes(left in "[a-zA-Z0-9 ./_-]{1,20}", right in "[a-zA-Z0-9 ./_-]{1,20}") {
        let mask = mask();
        let (masked_left, masked_right) = (mask.name(&left), mask.name(&right));
        prop_assert_eq!(left == right, masked_left == masked_right);
        let common = |one: &str, other: &str| one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        // The letter of an organization's id is not masked; nothing else begins alike by chance.
        if !left.contains('-') && !right.contains('-') {
            prop_assert_eq!(common(&left, &right), common(&masked_left, &masked_right));
        }
        prop_assert!(left.chars().zip(masked_left.chars()).all(|(before, after)| before != after || !before.is_alphanumeric() || left.contains('-')));
    }

    #[test]
    fn any_text_can_be_masked_in_any_place(text in ".{0,60}", ascii in "[ -~]{0,60}") {
        let mask = mask();
        for text in [&text, &ascii] {
            mask.pattern(text);
            mask.alarm_rule(text);
            mask.math(text);
            mask.loose(text);
            mask.sentence(text);
            mask.criteria(text);
            mask.arn(text);
            mask.endpoint(text);
            mask.document(text, Document::Policy);
            mask.document(text, Document::FilterPolicy);
        }
    }
}

#[test]
fn a_masked_pattern_is_read_as_the_original_was() {
    for pattern in [
        "{ $.userIdentity.arn = \"arn:aws:iam::111122223333:role/Admin*\" }",
        "{ $.userIdentity.userName = alice || $.userIdentity.userName = \"al\\\"ice\" }",
        "{ ($.a.b = %^acme[0-9]{2}\\.x$%) && $.c NOT EXISTS && $.d IS TRUE && $.n >= 5 }",
        "ERROR -acme",
        "[ip, user = acme*, status_code = 4*]",
        "%acme-[a-z]+%",
        "",
        "{ $.eventName = \"ConsoleLogin\" }",
    ] {
        let masked = mask().pattern(pattern);
        assert!(
            !masked.contains("acme") && !masked.contains("1111"),
            "{masked}"
        );
        let kinds = |text: &str| {
            parse(text)
                .map(|pattern| std::mem::discriminant(&pattern.kind))
                .map_err(|error| std::mem::discriminant(&error.kind))
        };
        assert_eq!(kinds(pattern), kinds(&masked), "{pattern}\n{masked}");
    }
}

#[test]
fn patterns_of_the_benchmark_stay_word_by_word() {
    for control in crate::control::Registry::builtin().unwrap().controls() {
        for alternative in &control.alternatives {
            let text = &alternative.pattern;
            assert_eq!(&mask().pattern(text), text, "{}", control.id);
        }
    }
}

#[test]
fn joins_by_name_survive() {
    let mask = mask();
    let group = "/aws/cloudtrail/main";
    let arn = mask.arn(&format!(
        "arn:aws:logs:us-east-1:111122223333:log-group:{group}:*"
    ));
    assert!(arn.ends_with(&format!(
        ":{}:log-group:{}:*",
        mask.name("111122223333"),
        mask.name(group)
    )));
    let alarm = mask.arn("arn:aws:cloudwatch:us-east-1:111122223333:alarm:Odd: name/with things");
    assert!(alarm.ends_with(&format!(":alarm:{}", mask.name("Odd: name/with things"))));
    let topic = mask
        .arn("arn:aws:sns:us-east-1:111122223333:alerts.fifo:6b5d2f0e-0000-4000-8000-000000000001");
    assert!(topic.contains(".fifo:") && topic.contains(&mask.name("alerts.fifo")));
    assert_eq!(mask.key("alias/aws/sns"), "alias/aws/sns");
    assert!(
        mask.arn("arn:aws:kms:us-east-1:111122223333:alias/mine")
            .ends_with(&mask.key("alias/mine"))
    );
    assert_eq!(
        mask.arn("arn:aws:iam::aws:policy/SecurityAudit"),
        "arn:aws:iam::aws:policy/SecurityAudit"
    );
    assert_eq!(
        mask.arn("arn:aws:automate:us-east-1:ec2:stop"),
        "arn:aws:automate:us-east-1:ec2:stop"
    );
    assert!(mask.name("o-exampleorgid").starts_with("o-"));
}

#[test]
fn sentences_keep_the_words_of_aws() {
    let text = "User: arn:aws:sts::111122223333:assumed-role/Audit/jane is not authorized to perform: kms:DescribeKey on resource: acme-key because no resource-based policy allows the kms:DescribeKey action";
    let masked = mask().sentence(text);
    assert!(
        !masked.contains("jane") && !masked.contains("acme") && !masked.contains("1111"),
        "{masked}"
    );
    assert!(
        masked.contains("is not authorized to perform: kms:DescribeKey on resource:"),
        "{masked}"
    );
}

#[test]
fn every_operation_has_a_shape_with_all_that_its_facts_need() {
    use super::shape::{Kind, response};
    use crate::snapshot::operations::OPERATIONS;

    fn names(kind: Kind, found: &mut Vec<&'static str>) {
        match kind {
            Kind::Each(inner) => names(*inner, found),
            Kind::Object(members) => {
                for (name, inner) in members {
                    found.push(name);
                    names(*inner, found);
                }
            }
            _ => {}
        }
    }

    for operation in OPERATIONS {
        // Its answers are never recorded.
        if operation.name == "AssumeRole" {
            continue;
        }
        let mut members = Vec::new();
        names(response(operation.name), &mut members);
        assert!(!members.is_empty(), "{}", operation.name);
        for list in operation.lists {
            assert!(members.contains(list), "{} {list}", operation.name);
        }
        let expects = operation.expects;
        assert!(
            expects.is_empty() || expects.iter().any(|name| members.contains(name)),
            "{}",
            operation.name
        );
    }
}
