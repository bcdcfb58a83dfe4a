//! What a user may assume where an optional question to AWS has no answer. Off by default, and told in every output.

/// An answer that the user gives in place of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Assumption {
    /// No alarm mute rule exists (cloudwatch:ListAlarmMuteRules, cloudwatch:GetAlarmMuteRule)
    NoMuteRules,
    /// No transformer changes log records (logs:GetTransformer, logs:DescribeAccountPolicies)
    NoTransformers,
    /// No subscription has a filter policy (sns:GetSubscriptionAttributes)
    NoFilterPolicies,
    /// No alarm action failed (cloudwatch:DescribeAlarmHistory)
    NoFailedActions,
}

impl Assumption {
    /// Every assumption.
    pub const ALL: [Self; 4] = [
        Self::NoMuteRules,
        Self::NoTransformers,
        Self::NoFilterPolicies,
        Self::NoFailedActions,
    ];

    /// The word for it on the command line and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoMuteRules => "no-mute-rules",
            Self::NoTransformers => "no-transformers",
            Self::NoFilterPolicies => "no-filter-policies",
            Self::NoFailedActions => "no-failed-actions",
        }
    }

    /// The API operations whose answer it stands for.
    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::NoMuteRules => &["ListAlarmMuteRules", "GetAlarmMuteRule"],
            Self::NoTransformers => &["GetTransformer", "DescribeAccountPolicies"],
            Self::NoFilterPolicies => &["GetSubscriptionAttributes"],
            Self::NoFailedActions => &["DescribeAlarmHistory"],
        }
    }

    /// The assumption that stands for the answer to an operation, if there is one.
    pub fn of(operation: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|assumption| assumption.operations().contains(&operation))
    }
}
