//! Regions: which an account has, and what is known of a partition without asking.

use crate::snapshot::operations::partition_of_region;

/// The region whose endpoints serve the global services account and organizations.
pub(super) fn global_region(region: &str) -> &str {
    match partition_of_region(region) {
        "aws" => "us-east-1",
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => region,
    }
}

/// Whether a text has the form of a region name: `eu-west-1`, `us-gov-east-1`.
pub fn is_region_name(text: &str) -> bool {
    let mut parts = text.split('-');
    let number = parts.next_back();
    let words: Vec<&str> = parts.collect();
    words.len() >= 2
        && words
            .iter()
            .all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            assert!(is_region_name(good), "{good}");
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
            assert!(!is_region_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_static_table_is_sorted_and_well_formed() {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let regions = always_enabled(partition);
            assert!(regions.is_sorted());
            assert!(
                regions.iter().all(
                    |region| is_region_name(region) && partition_of_region(region) == partition
                )
            );
        }
    }
}
