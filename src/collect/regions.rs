//! Regions: which an account has, and what is known of a partition without asking.

use crate::aws::arn::partition_of_region;

/// The region whose endpoints serve the global services account and organizations.
pub(super) fn region_of_global_endpoints(region: &str) -> &str {
    match partition_of_region(region) {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => region,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::arn::is_region;
    use crate::snapshot::operations::always_enabled;

    #[test]
    fn region_names() {
        for good in [
            "eu-west-1",
            "us-gov-east-1",
            "ap-southeast-7",
            "us-isob-east-1",
            "cn-north-1",
        ] {
            assert!(is_region(good), "{good}");
        }
        for bad in [
            "",
            "eu-west",
            "eu-west-1a",
            "EU-west-1",
            "eu_west_1",
            "Ireland",
            "eu-1",
            "-west-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn the_static_table_is_sorted_and_well_formed() {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let regions = always_enabled(partition);
            assert!(regions.is_sorted());
            assert!(
                regions
                    .iter()
                    .all(|region| is_region(region) && partition_of_region(region) == partition)
            );
        }
    }
}
