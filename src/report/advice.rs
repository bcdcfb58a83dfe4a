//! What to change, by link: one sentence for each failure mode that a person can repair.

use crate::chain::verdict::LinkId;

/// The repair for a link, or none where there is nothing to repair.
pub(super) fn advice(id: LinkId) -> Option<&'static str> {
    use LinkId as L;
    Some(match id {
        L::T01 => {
            "start logging: `aws cloudtrail start-logging` on a multi-Region trail (create one where there is none)"
        }
        L::T02 => "give the trail a log group: CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn",
        L::T03 => "give the trail a role that may write to its log group: CloudWatchLogsRoleArn",
        L::T04 => {
            "repair the delivery to the log group: the trail's role, the log group, or its key; the delivery error says which"
        }
        L::T05 => "find out why nothing arrived in the log group lately",
        L::T07 | L::T08 => "make the trail a multi-Region trail",
        L::T09 => "include global service events, or make the trail a multi-Region trail",
        L::T10 => "collect the account that owns the organization trail into the same snapshot",
        L::T11 => "let the trail's role write to the log streams `o-<organization id>_*`",
        L::S01 | L::S06 => "add an event selector that logs management events",
        L::S02 | L::S03 | L::S07 => "log management events of both kinds, read and write",
        L::S04 | L::S08 => {
            "stop excluding the event source in every event selector; to save on KMS volume log its write events only"
        }
        L::S05 => "stop excluding rdsdata.amazonaws.com",
        L::S10 => {
            "let the collecting role call cloudtrail:GetEventSelectors in the account that owns the trail"
        }
        L::L01 => "create the log group again, or point the trail at one that exists",
        L::L02 => {
            "point the trail at a log group of the STANDARD class: the class of a log group cannot be changed"
        }
        L::L03 => {
            "put the metric filter on the log group that the trail delivers to: same account, Region and name"
        }
        L::L04 => "take the fields that the pattern reads out of the data protection policy",
        L::L05 => "make the log group's key usable again",
        L::L06 => {
            "set applyOnTransformedLogs to false, or write the pattern for the transformed record"
        }
        L::F01 => {
            "add a metric filter with the pattern of the control, or widen the one that is there by the marked part"
        }
        L::F02 => "set the metric value to 1",
        L::F03 => "set the metric value to the constant 1",
        L::F04 => "set the metric value to 1",
        L::F05 => {
            "take the dimensions off the metric transformation, or give the alarm exactly the same ones"
        }
        L::F06 | L::F07 => "take the dimensions off the metric transformation",
        L::F08 | L::F09 => {
            "remove the default value, or choose one that does not breach the threshold"
        }
        L::F10 => "take the unit off the alarm, or give the metric transformation the same one",
        L::F11 => "widen or remove the field selection criteria of the filter",
        L::F12 => "put the filter on the log group that a trail delivers to",
        L::F14 => {
            "give each filter its own metric and alarm, and narrow the one that matches nearly everything"
        }
        L::A01 => {
            "create an alarm on the filter's metric: same namespace, metric name, dimensions, account and Region"
        }
        L::A02 => "enable the alarm's actions: `aws cloudwatch enable-alarm-actions`",
        L::A03 => "add a topic to the alarm's actions for the state ALARM",
        L::A04 => {
            "let one event breach the threshold: statistic Sum, GreaterThanOrEqualToThreshold 1"
        }
        L::A05 => "let one datapoint suffice: DatapointsToAlarm 1",
        L::A06 | L::A15 => {
            "let the alarm come back from ALARM: treat missing data as notBreaching, and narrow a pattern that matches nearly everything"
        }
        L::A07 | L::A08 => "use the statistic Sum, or remove the filter's default value",
        L::A09 => "use the statistic Sum, or evaluate low sample counts too",
        L::A10 => "use a period of 60 seconds or more",
        L::A11 | L::A12 => "use a short sliding window: period 300, one evaluation period",
        L::A13 => "wait until the alarm's warm-up has passed, or shorten it",
        L::A14 => "repair the alarm's evaluation error",
        L::A16 => "check that the metric arrives: dimensions, unit and namespace",
        L::A17 => "remove the alarm from the mute rule",
        L::A18 => "add a topic to the alarm's actions",
        L::A19 | L::A20 | L::A21 => "put a plain alarm on the filter's metric beside it",
        L::A22 => "collect the account of the metric and that of the alarm into one snapshot",
        L::C02 | L::C03 => {
            "let the composite alarm fire on this alarm alone, or give this alarm its own action"
        }
        L::C04 => "remove the actions suppressor, or give the alarm below its own action",
        L::C05 | L::C07 => "repair the composite alarm's rule",
        L::C06 => "give the composite alarm an action and enable it",
        L::N01 => "use a topic in the alarm's Region",
        L::N02 => "create the topic, or let the alarm name one that exists",
        L::N03 => "collect the account that owns the topic into the same snapshot",
        L::N04 => {
            "let cloudwatch.amazonaws.com publish in the topic's policy (sns:Publish, aws:SourceAccount)"
        }
        L::N05 => {
            "encrypt the topic with a customer managed key whose policy lets cloudwatch.amazonaws.com use it"
        }
        L::N06 => {
            "let cloudwatch.amazonaws.com call kms:Decrypt and kms:GenerateDataKey* in the key's policy, and keep the key enabled"
        }
        L::N07 => "use a standard topic: a FIFO topic reaches queues only",
        L::N08 => "read the alarm's history: it says why its action failed",
        L::U01 => "subscribe somebody to the topic",
        L::U02 => {
            "confirm the subscription from its mailbox, or subscribe again: a pending one is deleted after 48 hours"
        }
        L::U03 => "subscribe again",
        L::U04 | L::U05 => {
            "remove the subscription's filter policy, or let it accept the alarm's message"
        }
        L::U06 => {
            "subscribe a person's address too, or record in an attestation who is behind the endpoint"
        }
        L::U07 => "confirm the subscription with AuthenticateOnUnsubscribe",
        L::U10 => "collect the subscription's account into the same snapshot",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::chain::verdict::LinkId;

    #[test]
    fn advice_is_one_clause_without_a_final_period() {
        for id in LinkId::ALL {
            if let Some(text) = advice(*id) {
                assert!(
                    !text.ends_with('.')
                        && !text.is_empty()
                        && text.starts_with(char::is_lowercase),
                    "{id}: {text}"
                );
            }
        }
    }
}
