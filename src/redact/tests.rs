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
    use super::shape::member_names;
    use crate::snapshot::operations::OPERATIONS;

    for operation in OPERATIONS {
        // Its answers are never recorded.
        if operation.name == "AssumeRole" {
            continue;
        }
        let members = member_names(operation.name);
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

/// Every way to write a name, a person or an account into a text that is masked.
#[test]
fn nothing_stays_because_of_where_it_stands() {
    let mask = mask();
    let policy = |value: serde_json::Value| mask.document(&value.to_string(), Document::Policy);
    let event_pattern =
        |value: serde_json::Value| mask.document(&value.to_string(), Document::EventPattern);
    use serde_json::json;
    let masked = [
        // Data protection.
        policy(json!({"Name": "acme-policy", "Statement": [{"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress", "AcmeBadge"],
            "Operation": {"Audit": {"FindingsDestination": {"CloudWatchLogs": {"LogGroup": "acme-findings"}, "Firehose": {"DeliveryStream": "AcmeStream"}, "S3": {"Bucket": "acmebucket"}}}}}],
            "Configuration": {"CustomDataIdentifier": [{"Name": "AcmeBadge", "Regex": "ACME-[0-9]{6}|Winifred"}]}})),
        policy(json!({"Statement": [{"Action": ["acme:Winifred", "sns:AcmePublish"], "Effect": "Winifred", "Version": "acme", "Region": "acme-west-1", "errorCode": "AcmeWinifred"}]})),
        policy(json!({"Statement": [{"Condition": {"AcmeEquals": {"acme:Winifred": "x", "aws:PrincipalTag/acme": "Winifred"}}}]})),
        policy(json!({"Statement": [{"Principal": {"Service": ["acme.amazonaws.com", "winifred.acme.amazonaws.com"]}}], "Numbers": [11112222333u64, 1111222233334u64, 5512345]})),
        // Event patterns: names and values.
        event_pattern(json!({"source": ["com.acme.payments"], "detail": {"acmeField": ["Winifred"], "requestParameters": {"acmeTable": ["x"]}, "detail.acme": [1], "eventName": ["AcmeWinifred", {"prefix": "Acme"}], "eventSource": ["acme.amazonaws.com"], "errorCode": [{"wildcard": "Acme*Winifred"}]}, "account": [111122223333u64]})),
        // Literals and regular expressions of filter patterns.
        mask.pattern("{ $.eventName = AcmeWinifred || $.eventSource = acme.amazonaws.com || $.errorCode = \"*Winifred*\" || $.eventName = %^Acme(Winifred)?[Acme]{3}% }"),
        mask.pattern("{ $.requestParameters.acmeWinifred = 5512345 && $.acme NOT EXISTS && $.recipientAccountId = 11112222333 && $.x >= 111122223333 }"),
        mask.pattern("[acme, winifred=acme*, status=4*]"),
        mask.pattern("?Winifred ?acme -\"1111-2222-3333\""),
        mask.loose("fields @timestamp, $.acme.winifred | filter acmeField like /Winifred/ and n = 111122223333"),
        mask.math("SEARCH('{AWS/EC2,InstanceId} :aws.AccountId=\"111122223333\" MetricName=\"ACME_WINIFRED\"', 'Sum', 300) + ACME + 111122223333"),
        mask.criteria("LogGroupName NOT IN [\"acme\"] AND LogGroupNameAcme = 11112222333 AND @awsacme = Winifred"),
        // Sentences, codes.
        mask.sentence("User: acme:Winifred is not authorized to perform: acme:Winifred on resource: acme.amazonaws.com because AcmeWinifred 11112222333"),
        mask.code("AcmeWinifred"),
        // ARNs of unusual shape.
        mask.arn("arn:acme:sns:us-east-1:111122223333:acme"),
        mask.arn("arn:aws:acme:us-east-1:111122223333:acme/winifred"),
        mask.arn("arn:aws:sns:acme-west-1:111122223333:winifred:acme"),
        mask.arn("arn:aws:iam::aws:policy/AcmeWinifred"),
        mask.arn("arn:aws:automate:us-east-1:acme:winifred"),
        mask.arn("arn:aws:automate:us-east-1:ec2:acme"),
        mask.arn("arn:aws:swf:us-east-1:111122223333:action/actions/AWS_EC2.Acme/1.0"),
        mask.arn("arn:aws:lambda:us-east-1:111122223333"),
        mask.arn("ARN:AWS:SNS:US-EAST-1:111122223333:ACME"),
        mask.arn("arn:aws:s3:::acme-bucket/winifred"),
        mask.key("alias/aws/acme"),
        mask.endpoint("https://acme.example/111122223333?winifred"),
        mask.value("AWS/Acme"),
        mask.value("@aws.acme"),
        mask.value("GuardDuty Finding of Winifred"),
        mask.value("acme.amazonaws.com"),
        mask.producer("acme 1.0 Winifred"),
    ];
    for text in masked {
        let lower = text.to_lowercase();
        for name in [
            "acme",
            "winifred",
            "111122223333",
            "11112222333",
            "1111-2222",
            "5512345",
        ] {
            assert!(!lower.contains(name), "`{name}` in {text}");
        }
    }
}

#[test]
fn what_aws_calls_its_own_stays() {
    let mask = mask();
    for text in [
        "{ ($.eventName = Delete*) && ($.eventSource = \"*.amazonaws.com\") && $.errorCode = %Unauthorized|AccessDenied% }",
        "{ $.eventName = %^Delete[A-Z]+|Bucket$% && $.eventSource = %^s3\\.amazonaws\\.com% }",
        "{ $.userIdentity.sessionContext.attributes.mfaAuthenticated IS FALSE }",
    ] {
        assert_eq!(mask.pattern(text), text);
    }
    for text in [
        "FILL(m1, 0) + METRICS()",
        "IF(m1 > 10, 1, 0)",
        "RATE(SUM([m1,m2])) * PERIOD(m1)",
    ] {
        assert_eq!(mask.math(text), text);
    }
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["sns:Publish","SNS:*","kms:GenerateDataKey*"],"Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"AWS:SourceArn":"*"},"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    assert_eq!(mask.document(policy, Document::Policy), policy);
    let pattern = r#"{"source":["aws.iam"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["iam.amazonaws.com"],"eventName":["DeleteTrail",{"prefix":"Create"},{"anything-but":["PutKeyPolicy"]}]}}"#;
    assert_eq!(mask.document(pattern, Document::EventPattern), pattern);
    for form in [
        "2026-11-01T10:00:00.000000+00:00",
        "cron(0 2 * * MON-FRI)",
        "rate(5 minutes)",
        "PT2H",
        "p99.9",
        "TM(10%:90%)",
        "Europe/Berlin",
        "0.5",
    ] {
        assert!(super::vocabulary::is_form(form), "{form}");
    }
    for form in [
        "1111-2222-3333",
        "2026-acme",
        "111122223333",
        "cron(acme)",
        "PACME",
        "Acme/Berlin",
    ] {
        assert!(!super::vocabulary::is_form(form), "{form}");
    }
}

#[test]
fn a_mask_of_a_number_is_a_number_of_its_length() {
    let masked: serde_json::Value = serde_json::from_str(&mask().document(
        "[11112222333, 1111222233334, 55123, 42]",
        Document::EventPattern,
    ))
    .unwrap();
    let lengths: Vec<usize> = masked
        .as_array()
        .unwrap()
        .iter()
        .map(|number| {
            assert!(number.is_number(), "{number}");
            number.to_string().len()
        })
        .collect();
    assert_eq!(lengths, [11, 13, 5, 2]);
    assert_eq!(masked[3], 42);
}
