//! The CIS filter texts of a complete account: control ids of trailproof with the event names that CIS 7.0 lists.
//!
//! Event names and patterns are facts; nothing else of the benchmark is here.

use trailproof::control::{Registry, Section};

/// One monitored control of [`super::world::World::complete`].
pub struct Monitored {
    /// Control id.
    pub control: &'static str,
    /// Text of the metric filter.
    pub pattern: String,
}

/// How many controls of a section the benchmark asks for that is used where none is named.
pub fn asked(section: Section) -> usize {
    let registry = Registry::builtin().unwrap();
    let benchmark = registry.default_benchmark().unwrap();
    benchmark.entries_in(Some(section)).count()
}

/// How many controls are judged where nothing else is asked for.
pub fn judged() -> usize {
    asked(Section::Monitoring)
}

/// The controls and a filter text that satisfies each.
pub fn monitored() -> Vec<Monitored> {
    let list = [
        (
            "unauthorized_api_calls",
            r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#.to_owned(),
        ),
        (
            "console_without_mfa",
            r#"{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }"#.to_owned(),
        ),
        (
            "root_usage",
            r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#
                .to_owned(),
        ),
        (
            "iam_policy_changes",
            names(
                "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy \
                 CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy \
                 AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
            ),
        ),
        (
            "cloudtrail_changes",
            names("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
        ),
        (
            "console_auth_failures",
            r#"{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }"#.to_owned(),
        ),
        (
            "cmk_disable_or_delete",
            names_of("kms.amazonaws.com", "DisableKey ScheduleKeyDeletion"),
        ),
        (
            "s3_bucket_policy_changes",
            names_of(
                "s3.amazonaws.com",
                "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication \
                 DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
            ),
        ),
        (
            "config_changes",
            names_of(
                "config.amazonaws.com",
                "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
            ),
        ),
        (
            "security_group_changes",
            names(
                "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
                 RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup ModifySecurityGroupRules",
            ),
        ),
        (
            "nacl_changes",
            names(
                "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry \
                 ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
            ),
        ),
        (
            "network_gateway_changes",
            names(
                "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway \
                 DeleteInternetGateway DetachInternetGateway",
            ),
        ),
        (
            "route_table_changes",
            names(
                "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable \
                 DeleteRoute DisassociateRouteTable",
            ),
        ),
        (
            "vpc_changes",
            names(
                "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection \
                 DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc \
                 DisableVpcClassicLink EnableVpcClassicLink",
            ),
        ),
        (
            "organizations_changes",
            names_of(
                "organizations.amazonaws.com",
                "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake \
                 DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType \
                 EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount \
                 RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit",
            ),
        ),
    ];
    list.into_iter()
        .map(|(control, pattern)| Monitored { control, pattern })
        .collect()
}

fn alternatives(events: &str) -> String {
    let terms: Vec<String> = events
        .split_whitespace()
        .map(|event| format!("($.eventName = {event})"))
        .collect();
    terms.join(" || ")
}

fn names(events: &str) -> String {
    format!("{{ {} }}", alternatives(events))
}

fn names_of(source: &str, events: &str) -> String {
    format!(
        "{{ ($.eventSource = {source}) && ({}) }}",
        alternatives(events)
    )
}

/// `root_usage` -> `RootUsage`: the metric's name, unlike the filter's and the alarm's on purpose.
pub fn metric_name(control: &str) -> String {
    control
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// `root_usage` -> `root-usage`: the metric filter's name.
pub fn filter_name(control: &str) -> String {
    control.replace('_', "-")
}

/// `root_usage` -> `cis root_usage`: the alarm's name.
pub fn alarm_name(control: &str) -> String {
    format!("cis {control}")
}
