//! Arguments of which a snapshot says nothing. Terraform would take them off a resource that it takes over, were they not
//! named: an alarm would lose its tags, a topic its display name.

/// What a resource that is taken over may have besides, of which a snapshot says nothing: it stays as it is.
pub(super) fn kept(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "aws_cloudwatch_metric_alarm" => "[tags, tags_all]",
        "aws_cloudwatch_composite_alarm" => "[actions_suppressor, tags, tags_all]",
        "aws_cloudwatch_event_rule" => "[description, force_destroy, tags, tags_all]",
        "aws_cloudtrail" => "[insight_selector, sns_topic_name, tags, tags_all]",
        "aws_kms_key" => {
            "[customer_master_key_spec, description, enable_key_rotation, key_usage, multi_region, rotation_period_in_days, tags, tags_all]"
        }
        "aws_sns_topic" => {
            "[application_failure_feedback_role_arn, application_success_feedback_role_arn, \
             application_success_feedback_sample_rate, archive_policy, delivery_policy, display_name, \
             firehose_failure_feedback_role_arn, firehose_success_feedback_role_arn, firehose_success_feedback_sample_rate, \
             http_failure_feedback_role_arn, http_success_feedback_role_arn, http_success_feedback_sample_rate, \
             lambda_failure_feedback_role_arn, lambda_success_feedback_role_arn, lambda_success_feedback_sample_rate, policy, \
             signature_version, sqs_failure_feedback_role_arn, sqs_success_feedback_role_arn, \
             sqs_success_feedback_sample_rate, tags, tags_all, tracing_config]"
        }
        "aws_sns_topic_subscription" => {
            "[confirmation_timeout_in_minutes, delivery_policy, endpoint_auto_confirms, raw_message_delivery, redrive_policy, replay_policy]"
        }
        _ => return None,
    })
}
