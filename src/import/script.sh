#!/bin/sh
# Asks AWS what a trailproof snapshot needs, with the AWS CLI alone, and writes the answers to a folder and a tar file.
# Read-only: every call below is a "describe", "get" or "list", apart from "sts assume-role" where --role-name is given.
#
#   sh collect.sh [--out FOLDER] [--profile NAME] [--region REGION]... [--role-name NAME [--external-id ID]]
#
#   --out FOLDER        where to write (default: aws-answers); FOLDER.tar is written beside it
#   --profile NAME      profile of the AWS CLI
#   --region REGION     search this region for trails, again for more (default: every enabled region)
#   --role-name NAME    ask every account of the organization, through this role in each of them
#   --external-id ID    external id that the trust policy of the role asks for
#
# Needs a POSIX shell, awk, sed, sort, tar and version 1 or 2 of the AWS CLI.
# Afterwards, on any machine:  trailproof import FOLDER -o account.snapshot
#
# Each answer is one file, ACCOUNT/REGION/SERVICE.OPERATION.NUMBER.json; what the AWS CLI wrote to its standard error
# is beside it with the ending .error. The file calls.tsv lists every call: file, account, region, service, operation,
# exit status, time, request parameters. A call that fails is written down as it failed, and the others go on.

set -u
umask 077

out=aws-answers
profile=
wanted=
role=
external_id=
while [ $# -gt 0 ]; do
    case $1 in
        --out | --profile | --region | --role-name | --external-id)
            if [ $# -lt 2 ] || [ -z "$2" ]; then
                echo "error: $1 needs a value" >&2
                exit 2
            fi
            ;;
    esac
    case $1 in
        --out) out=${2%/} ;;
        --profile) profile=$2 ;;
        --region) wanted="$wanted $2" ;;
        --role-name) role=$2 ;;
        --external-id) external_id=$2 ;;
        *)
            echo "error: unknown argument $1; the first lines of this script say what it takes" >&2
            exit 2
            ;;
    esac
    shift 2
done

if [ -e "$out" ]; then
    echo "error: $out exists; name another folder with --out" >&2
    exit 2
fi
if [ -n "$profile" ]; then
    AWS_PROFILE=$profile
    export AWS_PROFILE
fi
# No pager, a plain table of nothing, and patience with throttling.
AWS_PAGER=
AWS_RETRY_MODE=${AWS_RETRY_MODE:-standard}
AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-8}
export AWS_PAGER AWS_RETRY_MODE AWS_MAX_ATTEMPTS

mkdir -p "$out" || exit 2
trap 'rm -rf "$out/.work" "$out/.foreign" "$out/.accounts" "$out/.error"; exit 130' HUP INT TERM
number=0
account=
region=
file=
tab=$(printf '\t')

# --- asking ---------------------------------------------------------------------------------------------------------

# ask SERVICE OPERATION REQUEST [OPTION...]: one call in $region for $account. REQUEST says the request parameters again
# in the form Member=value, separated by tabs, a list as Member[]=value for each element. The AWS CLI follows the pages
# of a list by itself. Sets $file; gives the exit status of the AWS CLI.
ask() {
    ask_service=$1 ask_operation=$2 ask_request=$3
    shift 3
    number=$((number + 1))
    file="$account/$region/$ask_service.$ask_operation.$(printf '%05d' "$number").json"
    mkdir -p "$out/$account/$region"
    aws "$ask_service" "$ask_operation" --region "$region" --output json "$@" \
        </dev/null >"$out/$file" 2>"$out/$file.error"
    ask_status=$?
    # The AWS CLI prints nothing for an answer without members.
    if [ "$ask_status" -eq 0 ] && [ ! -s "$out/$file" ]; then
        echo '{}' >"$out/$file"
    fi
    [ -s "$out/$file.error" ] || rm -f "$out/$file.error"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$file" "$account" "$region" "$ask_service" "$ask_operation" \
        "$ask_status" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ask_request" >>"$out/calls.tsv"
    if [ "$ask_status" -ne 0 ]; then
        echo "  $account $region: $ask_service $ask_operation failed: $(tail -n 1 "$out/$file.error" 2>/dev/null)" >&2
    fi
    return "$ask_status"
}

# --- reading answers ------------------------------------------------------------------------------------------------
# The AWS CLI indents its JSON by four blanks a level, one member a line; the functions below rely on it.

# members FILE KEY...: for each object in a top-level list, the named string members, separated by tabs; "-" where one
# is absent.
members() {
    members_file=$1
    shift
    awk -v keys="$*" '
        function unquote(text) {
            sub(/^"/, "", text); sub(/",?$/, "", text)
            gsub(/\\"/, "\"", text); gsub(/\\\\/, "\\", text)
            return text
        }
        BEGIN { count = split(keys, name, " ") }
        /^        \{/ { delete value }
        /^            "/ {
            line = substr($0, 14); key = line; sub(/".*/, "", key)
            rest = substr(line, length(key) + 4)
            if (rest ~ /^"/) value[key] = unquote(rest)
        }
        /^        \}/ {
            row = ""
            for (i = 1; i <= count; i++) {
                found = (name[i] in value) && value[name[i]] != ""
                row = row (i > 1 ? "\t" : "") (found ? value[name[i]] : "-")
            }
            print row
        }' "$out/$members_file"
}

# value FILE KEY: the string member KEY wherever it stands, one line each.
value() {
    sed -n 's/^ *"'"$2"'": "\(.*\)",\{0,1\}$/\1/p' "$out/$1" | sed 's/\\"/"/g; s/\\\\/\\/g'
}

# actions FILE: what the alarms of a file do in state ALARM, one ARN a line.
actions() {
    awk '
        /^            "AlarmActions": \[$/ { within = 1; next }
        /^            \]/ { within = 0 }
        within { sub(/^ *"/, ""); sub(/",?$/, ""); print }' "$out/$1"
}

# part ARN N: the Nth part of an ARN, counted from 1.
part() {
    printf '%s\n' "$1" | cut -d : -f "$2"
}

# each FUNCTION [ARGUMENT...]: calls the function with the arguments and each line of the standard input.
each() {
    while IFS= read -r each_line; do
        [ -z "$each_line" ] || "$@" "$each_line"
    done
}

partition_of() {
    case $1 in
        cn-*) echo aws-cn ;;
        us-gov-*) echo aws-us-gov ;;
        us-isob-*) echo aws-iso-b ;;
        us-isof-*) echo aws-iso-f ;;
        us-iso-*) echo aws-iso ;;
        eu-isoe-*) echo aws-iso-e ;;
        eusc-*) echo aws-eusc ;;
        *) echo aws ;;
    esac
}

# The region that answers for the global services account and organizations.
global_region() {
    case $(partition_of "$home") in
        aws) echo us-east-1 ;;
        aws-cn) echo cn-northwest-1 ;;
        aws-us-gov) echo us-gov-west-1 ;;
        *) echo "$home" ;;
    esac
}

# Regions that nobody can switch off, for when the account may not list its regions.
always_enabled() {
    case $(partition_of "$home") in
        aws)
            printf '%s\n' ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 \
                ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 \
                us-east-1 us-east-2 us-west-1 us-west-2
            ;;
        aws-cn) printf '%s\n' cn-north-1 cn-northwest-1 ;;
        aws-us-gov) printf '%s\n' us-gov-east-1 us-gov-west-1 ;;
    esac
    echo "$home"
}

# --- topics ---------------------------------------------------------------------------------------------------------

subscription() {
    case $1 in
        arn:*) ask sns get-subscription-attributes "SubscriptionArn=$1" --subscription-arn "$1" ;;
    esac
}

key() {
    key_id=$1
    if ask kms describe-key "KeyId=$1" --key-id "$1"; then
        case $1 in
            # get-key-policy takes no alias.
            alias/* | *:alias/*) key_id=$(value "$file" Arn | head -n 1) ;;
        esac
    else
        case $1 in
            alias/* | *:alias/*) return ;;
        esac
    fi
    ask kms get-key-policy "KeyId=$key_id${tab}PolicyName=default" --key-id "$key_id" --policy-name default
}

# topic ARN: its attributes and subscriptions; gives the key that encrypts it to the file "keys".
topic() {
    if ask sns get-topic-attributes "TopicArn=$1" --topic-arn "$1"; then
        for topic_key in $(value "$file" KmsMasterKeyId); do
            case $topic_key in
                arn:*) echo "$topic_key" >>"$work/keys" ;;
                # A key of another account has no name here but its ARN.
                *) [ "$(part "$1" 5)" != "$account" ] || echo "$topic_key" >>"$work/keys" ;;
            esac
        done
    fi
    if ask sns list-subscriptions-by-topic "TopicArn=$1" --topic-arn "$1"; then
        members "$file" SubscriptionArn | sort -u >"$work/subscriptions"
        each subscription <"$work/subscriptions"
    fi
}

# topics: every topic in the file "topics", and their keys.
topics() {
    : >"$work/keys"
    each topic <"$work/topics"
    sort -u "$work/keys" >"$work/keys.sorted"
    each key <"$work/keys.sorted"
}

# --- the region of a trail or its log group -------------------------------------------------------------------------

log_group() {
    ask logs describe-log-groups "logGroupNamePrefix=$1" --log-group-name-prefix "$1"
    ask logs describe-metric-filters "logGroupName=$1" --log-group-name "$1"
    ask logs describe-subscription-filters "logGroupName=$1" --log-group-name "$1"
    ask logs get-transformer "logGroupIdentifier=$1" --log-group-identifier "$1"
    ask logs get-data-protection-policy "logGroupIdentifier=$1" --log-group-identifier "$1"
}

account_policies() {
    policies_token=
    while :; do
        if [ -z "$policies_token" ]; then
            ask logs describe-account-policies "policyType=$1" --policy-type "$1" || return
        else
            ask logs describe-account-policies "policyType=$1${tab}nextToken=$policies_token" \
                --policy-type "$1" --next-token "$policies_token" || return
        fi
        # The one list whose pages the AWS CLI does not follow.
        policies_next=$(sed -n 's/^    "nextToken": "\(.*\)",\{0,1\}$/\1/p' "$out/$file")
        if [ -z "$policies_next" ] || [ "$policies_next" = "$policies_token" ]; then
            return
        fi
        policies_token=$policies_next
    done
}

mute_rule() {
    # arn:aws:cloudwatch:REGION:ACCOUNT:alarm-mute-rule:NAME
    mute_name=$(printf '%s\n' "$1" | cut -d : -f 7-)
    ask cloudwatch get-alarm-mute-rule "AlarmMuteRuleName=$mute_name" --alarm-mute-rule-name "$mute_name"
}

# deep: log groups in the file "groups", then alarms, topics, mute rules and alarm history of $region.
deep() {
    each log_group <"$work/groups"

    : >"$work/actions"
    alarm_request=
    for alarm_type in $alarm_types; do
        alarm_request="$alarm_request${alarm_request:+$tab}AlarmTypes[]=$alarm_type"
    done
    # shellcheck disable=SC2086 # alarm types, separated by blanks
    if ask cloudwatch describe-alarms "$alarm_request" --alarm-types $alarm_types; then
        actions "$file" >"$work/actions"
    else
        # An older server, or a caller who may see some types alone.
        for alarm_type in $alarm_types; do
            ask cloudwatch describe-alarms "AlarmTypes[]=$alarm_type" --alarm-types "$alarm_type" \
                && actions "$file" >>"$work/actions"
        done
    fi

    grep '^arn:[^:]*:sns:' "$work/actions" | sort -u >"$work/topics"
    while IFS= read -r topic_arn; do
        [ "$(part "$topic_arn" 5)" = "$account" ] || printf '%s\n' "$topic_arn" >>"$work/foreign"
    done <"$work/topics"
    topics

    for policy_type in DATA_PROTECTION_POLICY SUBSCRIPTION_FILTER_POLICY TRANSFORMER_POLICY; do
        account_policies "$policy_type"
    done
    if ask cloudwatch list-alarm-mute-rules ""; then
        members "$file" AlarmMuteRuleArn | sort -u >"$work/mutes"
        each mute_rule <"$work/mutes"
    fi

    # What the alarms did. A busy region has a long history; the newest items come first.
    # shellcheck disable=SC2086 # alarm types, separated by blanks
    ask cloudwatch describe-alarm-history HistoryItemType=Action \
        --alarm-types $alarm_types --history-item-type Action --max-items 5000
}

event_rule_targets() {
    case $1 in
        # Scheduled rules have no event pattern.
        *"$tab"-) ;;
        *)
            rule_name=${1%%"$tab"*}
            ask events list-targets-by-rule "Rule=$rule_name" --rule "$rule_name"
            ;;
    esac
}

# --- an account -----------------------------------------------------------------------------------------------------

# trails_of FILE: adds ARN, home region and log group ARN of each trail to the file "trails".
trails_of() {
    members "$1" TrailARN HomeRegion CloudWatchLogsLogGroupArn >>"$work/trails"
}

# account_pass: everything about $account, with the credentials that are set.
account_pass() {
    echo "account $account" >&2
    work="$out/.work"
    rm -rf "$work"
    mkdir -p "$work"
    : >"$work/foreign"
    : >"$work/trails"

    region=$(global_region)
    if ask account list-regions ""; then
        members "$file" RegionName RegionOptStatus | grep -v "${tab}DISABLED\$" | cut -f 1 >"$work/enabled"
    else
        : >"$work/enabled"
    fi
    [ -s "$work/enabled" ] || always_enabled >"$work/enabled"
    ask organizations describe-organization ""
    if [ -n "$wanted" ]; then
        # shellcheck disable=SC2086 # names of regions, separated by blanks
        printf '%s\n' $wanted >"$work/enabled"
    fi
    sort -u "$work/enabled" >"$work/regions"

    while IFS= read -r region; do
        ask cloudtrail describe-trails includeShadowTrails=true --include-shadow-trails && trails_of "$file"
    done <"$work/regions"

    # A trail that its home region did not tell is asked for by name, there.
    if [ -z "$wanted" ]; then
        region=$home
        grep -Fqxe "$home" "$work/regions" || region=$(head -n 1 "$work/regions")
        if ask cloudtrail list-trails ""; then
            members "$file" TrailARN HomeRegion >"$work/listed"
            while IFS="$tab" read -r trail_arn region; do
                cut -f 1 "$work/trails" | grep -Fqxe "$trail_arn" && continue
                ask cloudtrail describe-trails "trailNameList[]=$trail_arn${tab}includeShadowTrails=true" \
                    --trail-name-list "$trail_arn" --include-shadow-trails && trails_of "$file"
            done <"$work/listed"
        fi
    fi
    sort -u "$work/trails" >"$work/trails.sorted"

    # Status and selectors in the home region by full ARN; the regions and log groups to look into.
    : >"$work/deep"
    while IFS="$tab" read -r trail_arn region group_arn; do
        ask cloudtrail get-trail-status "Name=$trail_arn" --name "$trail_arn"
        ask cloudtrail get-event-selectors "TrailName=$trail_arn" --trail-name "$trail_arn"
        printf '%s\t\n' "$region" >>"$work/deep"
        if [ "$group_arn" != - ] && [ "$(part "$group_arn" 5)" = "$account" ]; then
            group_name=$(printf '%s\n' "$group_arn" | sed 's/^.*:log-group://; s/:\*$//')
            printf '%s\t%s\n' "$(part "$group_arn" 4)" "$group_name" >>"$work/deep"
        fi
    done <"$work/trails.sorted"

    cut -f 1 "$work/deep" | sort -u >"$work/deep.regions"
    while IFS= read -r region; do
        sed -n "s/^$region$tab\(..*\)\$/\1/p" "$work/deep" | sort -u >"$work/groups"
        deep
    done <"$work/deep.regions"

    # Event rules: monitoring beside the chain.
    sort -u "$work/regions" "$work/deep.regions" >"$work/all.regions"
    while IFS= read -r region; do
        if ask events list-rules ""; then
            members "$file" Name EventPattern | sort -u >"$work/rules"
            each event_rule_targets <"$work/rules"
        fi
    done <"$work/all.regions"

    # Topics of other accounts: their owners are asked at the end.
    sort -u "$work/foreign" >>"$out/.foreign"
    rm -rf "$work"
}

# owned_topics: the topics of $account that alarms of other accounts name.
owned_topics() {
    work="$out/.work"
    mkdir -p "$work"
    awk -F : -v account="$account" '$5 == account' "$out/.foreign" | sort -u >"$work/owned"
    cut -d : -f 4 "$work/owned" | sort -u >"$work/owned.regions"
    while IFS= read -r region; do
        awk -F : -v region="$region" '$4 == region' "$work/owned" >"$work/topics"
        topics
    done <"$work/owned.regions"
    rm -rf "$work"
}

# as_member FUNCTION ACCOUNT: calls the function with the credentials of the role in a member account.
as_member() {
    if [ "$2" = "$caller" ]; then
        account=$2
        "$1"
        return
    fi
    role_arn="arn:$(partition_of "$home"):iam::$2:role/$role"
    account=$2
    region=$home
    # The answer holds credentials: it goes into variables and is not written down.
    if [ -n "$external_id" ]; then
        credentials=$(aws sts assume-role --region "$home" --role-arn "$role_arn" --role-session-name trailproof \
            --external-id "$external_id" --output text \
            --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' 2>"$out/.error" </dev/null)
    else
        credentials=$(aws sts assume-role --region "$home" --role-arn "$role_arn" --role-session-name trailproof \
            --output text \
            --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' 2>"$out/.error" </dev/null)
    fi
    assumed=$?
    if [ "$assumed" -ne 0 ]; then
        # Once, in the first of the two passes.
        if [ "$1" = account_pass ]; then
            number=$((number + 1))
            file="$account/$region/sts.assume-role.$(printf '%05d' "$number").json"
            mkdir -p "$out/$account/$region"
            : >"$out/$file"
            mv "$out/.error" "$out/$file.error"
            printf '%s\t%s\t%s\tsts\tassume-role\t%s\t%s\tRoleArn=%s\n' "$file" "$account" "$region" "$assumed" \
                "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$role_arn" >>"$out/calls.tsv"
            echo "  $account: the role $role could not be assumed: $(tail -n 1 "$out/$file.error")" >&2
        fi
        rm -f "$out/.error"
        return
    fi
    rm -f "$out/.error"
    saved_profile=${AWS_PROFILE-}
    saved_key=${AWS_ACCESS_KEY_ID-}
    saved_secret=${AWS_SECRET_ACCESS_KEY-}
    saved_token=${AWS_SESSION_TOKEN-}
    unset AWS_PROFILE AWS_SESSION_TOKEN
    AWS_ACCESS_KEY_ID=$(printf '%s' "$credentials" | cut -f 1)
    AWS_SECRET_ACCESS_KEY=$(printf '%s' "$credentials" | cut -f 2)
    AWS_SESSION_TOKEN=$(printf '%s' "$credentials" | cut -f 3)
    credentials=
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    # Says under which name the account was asked.
    [ "$1" != account_pass ] || ask sts get-caller-identity ""
    "$1"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    if [ -n "$saved_profile" ]; then AWS_PROFILE=$saved_profile && export AWS_PROFILE; fi
    if [ -n "$saved_key" ]; then AWS_ACCESS_KEY_ID=$saved_key && export AWS_ACCESS_KEY_ID; fi
    if [ -n "$saved_secret" ]; then AWS_SECRET_ACCESS_KEY=$saved_secret && export AWS_SECRET_ACCESS_KEY; fi
    if [ -n "$saved_token" ]; then AWS_SESSION_TOKEN=$saved_token && export AWS_SESSION_TOKEN; fi
}

# --- the work -------------------------------------------------------------------------------------------------------

home=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null)}}
home=${home:-us-east-1}
if ! caller=$(aws sts get-caller-identity --region "$home" --query Account --output text </dev/null); then
    echo "error: AWS does not accept the credentials" >&2
    rmdir "$out"
    exit 1
fi
# An older AWS CLI would leave log alarms out of what it prints, as if there were none: then they are not asked for, and
# the import says so. The skeleton of an answer (or, from some versions, a complaint about it)
# comes from the AWS CLI itself, without a call.
alarm_types="MetricAlarm CompositeAlarm LogAlarm"
if ! aws cloudwatch describe-alarms --region "$home" --generate-cli-skeleton output </dev/null 2>&1 \
    | grep -q LogAlarms; then
    alarm_types="MetricAlarm CompositeAlarm"
    echo "warning: this AWS CLI does not know log alarms; a newer one would show them" >&2
fi
account=$caller
region=$home
ask sts get-caller-identity ""
: >"$out/.foreign"

if [ -z "$role" ]; then
    account_pass
else
    region=$(global_region)
    if ! ask organizations list-accounts ""; then
        echo "error: the accounts of the organization cannot be listed" >&2
        rm -f "$out/.foreign"
        exit 1
    fi
    # Newer answers have a State, older ones a Status.
    members "$file" Id State Status \
        | awk -F "$tab" '$2 == "ACTIVE" || ($2 == "-" && ($3 == "ACTIVE" || $3 == "-")) { print $1 }' \
        | sort -u >"$out/.accounts"
    each as_member account_pass <"$out/.accounts"
    each as_member owned_topics <"$out/.accounts"
    rm -f "$out/.accounts"
fi
rm -f "$out/.foreign"

tar -cf "$out.tar" "$out" || exit 1
failed=$(awk -F "$tab" '$6 != 0' "$out/calls.tsv" | wc -l)
echo "wrote $out and $out.tar: $number calls, $((failed)) failed" >&2
