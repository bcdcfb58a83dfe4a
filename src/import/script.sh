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
#
# What AWS answers may have been written by somebody hostile. Here it never becomes a program, a pattern, a path or an
# option: Regions and accounts are checked before they name a folder, every other value goes to the AWS CLI behind "=",
# and one that the AWS CLI would take for the name of a file or an address is not asked about (see "ask").

set -uf
umask 077
# Bytes, not letters: what is a letter, and which texts sort alike, must not hang on the language of the machine.
language=${LC_ALL-}
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

# say TEXT: to the terminal, which sees plain text alone.
say() {
    printf '%s' "$1" | tr -c '\040-\176' '?' >&2
    echo >&2
}

# is_region TEXT: whether it has the form of a Region's name, such as eu-west-1.
is_region() {
    case $1 in
        *[!a-z0-9-]*) return 1 ;;
        [a-z][a-z]*-*[a-z]-[0-9] | [a-z][a-z]*-*[a-z]-[0-9][0-9]) return 0 ;;
        *) return 1 ;;
    esac
}

# is_account TEXT: whether it has 12 digits.
is_account() {
    case $1 in
        *[!0-9]*) return 1 ;;
        ????????????) return 0 ;;
        *) return 1 ;;
    esac
}

out=aws-answers
profile=
wanted=
role=
external_id=
while [ $# -gt 0 ]; do
    case $1 in
        --out | --profile | --region | --role-name | --external-id)
            if [ $# -lt 2 ] || [ -z "$2" ]; then
                say "error: $1 needs a value"
                exit 2
            fi
            ;;
    esac
    case $1 in
        --out) out=${2%/} ;;
        --profile) profile=$2 ;;
        --region)
            if ! is_region "$2"; then
                say "error: $2 is not the name of a Region"
                exit 2
            fi
            wanted="$wanted $2"
            ;;
        --role-name) role=$2 ;;
        --external-id) external_id=$2 ;;
        *)
            say "error: unknown argument $1; the first lines of this script say what it takes"
            exit 2
            ;;
    esac
    shift 2
done

# A name is no option, and tar takes a colon for another machine: it never sees the name of the tar file.
case $out in
    -*) out=./$out ;;
esac
for name in "$out" "$out.tar"; do
    if [ -e "$name" ] || [ -L "$name" ]; then
        say "error: $name exists; name another folder with --out"
        exit 2
    fi
done
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

# --- asking ---------------------------------------------------------------------------------------------------------

# option MEMBER: the option of the AWS CLI for a request parameter: --topic-arn for TopicArn.
option() {
    printf -- '--%s' "$(printf '%s' "$1" | sed 's/[A-Z]/-&/g; s/^-//' | tr 'A-Z' 'a-z')"
}

# fault VALUE: sets $why to why the AWS CLI cannot be asked about the value; empty where it can.
fault() {
    why=
    case $1 in
        "") why="is empty" ;;
        *[[:cntrl:]]*) why="holds a control character" ;;
        [Ff][Ii][Ll][Ee]://* | [Ff][Ii][Ll][Ee][Bb]://* | [Hh][Tt][Tt][Pp]://* | [Hh][Tt][Tt][Pp][Ss]://*)
            why="begins with ${1%%:*}://, by which the AWS CLI would read a file or an address"
            ;;
    esac
}

# clean: the standard input without the bytes by which a text would steer a terminal.
clean() {
    tr -d '\000-\010\013-\037\177'
}

# begin SERVICE OPERATION: sets $file to the file of the next call.
begin() {
    number=$((number + 1))
    file="$account/$region/$1.$2.$(printf '%05d' "$number").json"
    mkdir -p "$out/$account/$region"
}

# note SERVICE OPERATION STATUS REQUEST: one line of calls.tsv, about $file.
note() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$file" "$account" "$region" "$1" "$2" "$3" \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(printf '%s' "$4" | clean)" >>"$out/calls.tsv"
    if [ "$3" -ne 0 ]; then
        say "  $account $region: $1 $2 failed: $(tail -n 1 "$out/$file.error" 2>/dev/null)"
    fi
}

# ask SERVICE OPERATION [MEMBER=VALUE | --OPTION=VALUE]...: one call in $region for $account. MEMBER=VALUE is a request
# parameter, MEMBER[]=VALUE an element of a list; an option is for the AWS CLI itself. The AWS CLI follows the pages of
# a list by itself. Sets $file; gives the exit status of the AWS CLI.
ask() {
    ask_service=$1 ask_operation=$2
    shift 2
    ask_request='' ask_list='' ask_fault=''
    for ask_parameter do
        shift
        case $ask_parameter in
            --*)
                set -- "$@" "$ask_parameter"
                continue
                ;;
        esac
        ask_member=${ask_parameter%%=*} ask_value=${ask_parameter#*=}
        fault "$ask_value"
        [ -z "$why" ] || ask_fault="$ask_member $why"
        ask_request="$ask_request${ask_request:+$tab}$ask_parameter"
        case $ask_member in
            *'[]')
                # Types of alarms, and ARNs, which begin with "arn:".
                [ "$ask_list" = "$ask_member" ] || set -- "$@" "$(option "${ask_member%??}")"
                ask_list=$ask_member
                set -- "$@" "$ask_value"
                ;;
            includeShadowTrails) set -- "$@" --include-shadow-trails ;;
            *) set -- "$@" "$(option "$ask_member")=$ask_value" ;;
        esac
    done
    begin "$ask_service" "$ask_operation"
    if [ -n "$ask_fault" ]; then
        : >"$out/$file"
        printf 'not asked: %s\n' "$ask_fault" >"$out/$file.error"
        ask_status=1
    else
        LC_ALL=$language aws "$ask_service" "$ask_operation" --region="$region" --output=json "$@" \
            </dev/null >"$out/$file" 2>"$out/.error"
        ask_status=$?
        clean <"$out/.error" >"$out/$file.error"
        rm -f "$out/.error"
    fi
    # The AWS CLI prints nothing for an answer without members.
    if [ "$ask_status" -eq 0 ] && [ ! -s "$out/$file" ]; then
        echo '{}' >"$out/$file"
    fi
    [ -s "$out/$file.error" ] || rm -f "$out/$file.error"
    note "$ask_service" "$ask_operation" "$ask_status" "$ask_request"
    return "$ask_status"
}

# --- reading answers ------------------------------------------------------------------------------------------------
# The AWS CLI indents its JSON by four blanks a level, one member a line; the functions below rely on it.

# The value of a JSON string that ends a line. A control character becomes \001: "ask" refuses the value.
# shellcheck disable=SC2016 # the fields are those of awk
unquote='
    function unquote(text, done, at, c) {
        sub(/^"/, "", text); sub(/",?$/, "", text)
        while ((at = index(text, "\\")) > 0) {
            c = substr(text, at + 1, 1)
            done = done substr(text, 1, at - 1) (c == "\"" || c == "\\" || c == "/" ? c : "\001")
            text = substr(text, at + 2)
        }
        return done text
    }'

# members FILE KEY...: for each object in a top-level list, the named string members, separated by tabs; "-" where one
# is absent.
members() {
    members_file=$1
    shift
    awk -v keys="$*" "$unquote"'
        BEGIN { count = split(keys, name, " ") }
        /^        \{/ { for (key in value) delete value[key] }
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
        }' <"$out/$members_file"
}

# value FILE DEPTH KEY: the string member KEY of the answer itself (DEPTH 1) or of an object in it (DEPTH 2).
value() {
    awk -v depth="$2" -v key="$3" "$unquote"'
        BEGIN { start = sprintf("%" (4 * depth) "s", "") "\"" key "\": \"" }
        index($0, start) == 1 { print unquote(substr($0, length(start))) }' <"$out/$1"
}

# actions FILE: what the alarms of a file do in state ALARM, one ARN a line.
actions() {
    awk "$unquote"'
        /^            "AlarmActions": \[$/ { within = 1; next }
        /^            \]/ { within = 0 }
        within { sub(/^ */, ""); print unquote($0) }' <"$out/$1"
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
        arn:*) ask sns get-subscription-attributes "SubscriptionArn=$1" ;;
    esac
}

key() {
    key_id=$1
    if ask kms describe-key "KeyId=$1"; then
        case $1 in
            # get-key-policy takes no alias.
            alias/* | *:alias/*) key_id=$(value "$file" 2 Arn) ;;
        esac
    else
        case $1 in
            alias/* | *:alias/*) return ;;
        esac
    fi
    ask kms get-key-policy "KeyId=$key_id" PolicyName=default
}

# topic_key TOPIC KEY: adds the key that encrypts a topic to the file "keys".
topic_key() {
    case $2 in
        arn:*) ;;
        # A key of another account has no name here but its ARN.
        *) [ "$(part "$1" 5)" = "$account" ] || return ;;
    esac
    printf '%s\n' "$2" >>"$work/keys"
}

# topic ARN: its attributes and subscriptions; gives the key that encrypts it to the file "keys".
topic() {
    if ask sns get-topic-attributes "TopicArn=$1"; then
        value "$file" 2 KmsMasterKeyId >"$work/topic.key"
        each topic_key "$1" <"$work/topic.key"
    fi
    if ask sns list-subscriptions-by-topic "TopicArn=$1"; then
        members "$file" SubscriptionArn | sort -u >"$work/subscriptions"
        each subscription <"$work/subscriptions"
    fi
}

# topics: every topic in the file "topics", and their keys.
topics() {
    : >"$work/keys"
    each topic <"$work/topics"
    keys
}

# lacking FILE: the lines of the input that FILE has not. To busybox an empty list of patterns means every line.
lacking() {
    if [ -s "$1" ]; then grep -Fvxf "$1"; else cat; fi
}

# keys: those in the file "keys" that were not asked for in $region before.
keys() {
    touch "$work/keys.$region"
    sort -u "$work/keys" | lacking "$work/keys.$region" >"$work/keys.new"
    cat "$work/keys.new" >>"$work/keys.$region"
    each key <"$work/keys.new"
}

# --- the region of a trail or its log group -------------------------------------------------------------------------

log_group() {
    ask logs describe-log-groups "logGroupNamePrefix=$1"
    ask logs describe-subscription-filters "logGroupName=$1"
    ask logs get-transformer "logGroupIdentifier=$1"
    ask logs get-data-protection-policy "logGroupIdentifier=$1"
}

metric_filters_of() {
    ask logs describe-metric-filters "logGroupName=$1"
}

account_policies() {
    policies_token=
    ask logs describe-account-policies "policyType=$1" || return
    # The one list whose pages the AWS CLI does not follow.
    while policies_next=$(value "$file" 1 nextToken) && [ -n "$policies_next" ] \
        && [ "$policies_next" != "$policies_token" ]; do
        policies_token=$policies_next
        ask logs describe-account-policies "policyType=$1" "nextToken=$policies_token" || return
    done
}

mute_rule() {
    # arn:aws:cloudwatch:REGION:ACCOUNT:alarm-mute-rule:NAME
    ask cloudwatch get-alarm-mute-rule "AlarmMuteRuleName=$(part "$1" 7-)"
}

# deep: log groups in the file "groups", then alarms, topics, mute rules and alarm history of $region.
deep() {
    each log_group <"$work/groups"
    # Those of every log group: filters of a group that no trail delivers to may write the metrics of the chain as well.
    # Who may not list them all may see those of the trails' groups.
    ask logs describe-metric-filters || each metric_filters_of <"$work/groups"

    : >"$work/actions"
    set --
    for alarm_type in $alarm_types; do
        set -- "$@" "AlarmTypes[]=$alarm_type"
    done
    if ask cloudwatch describe-alarms "$@"; then
        actions "$file" >"$work/actions"
    else
        # An older server, or a caller who may see some types alone.
        for alarm_type in $alarm_types; do
            ask cloudwatch describe-alarms "AlarmTypes[]=$alarm_type" && actions "$file" >>"$work/actions"
        done
    fi

    grep '^arn:[^:]*:sns:' "$work/actions" | sort -u >"$work/topics"
    while IFS= read -r topic_arn; do
        [ "$(part "$topic_arn" 5)" = "$account" ] || printf '%s\n' "$topic_arn" >>"$work/foreign"
    done <"$work/topics"
    topics
    # Kept for the event rules, whose targets are topics as well.
    cp "$work/topics" "$work/topics.$region"

    for policy_type in DATA_PROTECTION_POLICY SUBSCRIPTION_FILTER_POLICY TRANSFORMER_POLICY; do
        account_policies "$policy_type"
    done
    if ask cloudwatch list-alarm-mute-rules; then
        members "$file" AlarmMuteRuleArn | sort -u >"$work/mutes"
        each mute_rule <"$work/mutes"
    fi

    # What the alarms did. A busy region has a long history; the newest items come first.
    ask cloudwatch describe-alarm-history "$@" HistoryItemType=Action --max-items=5000
    ask cloudwatch describe-alarm-history "$@" HistoryItemType=StateUpdate --max-items=5000
}

# event_rule_targets BUS RULE: the targets of a rule that members gave with its event pattern.
event_rule_targets() {
    case $2 in
        # Scheduled rules have no event pattern.
        *"$tab"-) return ;;
    esac
    rule_name=${2%%"$tab"*}
    if [ "$1" = default ]; then
        ask events list-targets-by-rule "Rule=$rule_name" || return
    else
        ask events list-targets-by-rule "Rule=$rule_name" "EventBusName=$1" || return
    fi
    members "$file" Arn | grep '^arn:[^:]*:sns:' >>"$work/rule.topics"
}

# event_bus NAME: a bus, the key that encrypts it, and its rules where it is not the default one.
event_bus() {
    if ask events describe-event-bus "Name=$1"; then
        value "$file" 1 KmsKeyIdentifier >>"$work/bus.keys"
    fi
    [ "$1" != default ] || return
    ask events list-rules "EventBusName=$1" || return
    members "$file" Name EventPattern | sort -u >"$work/rules"
    each event_rule_targets "$1" <"$work/rules"
}

# event_rules: buses, rules and targets of $region, the topics among these, and keys of buses and trails.
event_rules() {
    : >"$work/rule.topics"
    : >"$work/bus.keys"
    if ask events list-rules; then
        members "$file" Name EventPattern | sort -u >"$work/rules"
        each event_rule_targets default <"$work/rules"
    fi
    # The default bus is there without being listed.
    printf 'default\n' >"$work/buses"
    if ask events list-event-buses; then
        members "$file" Name >>"$work/buses"
    fi
    sort -u "$work/buses" >"$work/buses.sorted"
    each event_bus <"$work/buses.sorted"
    # Topics that no alarm of the Region names.
    touch "$work/topics.$region"
    sort -u "$work/rule.topics" | lacking "$work/topics.$region" >"$work/topics"
    while IFS= read -r topic_arn; do
        [ "$(part "$topic_arn" 5)" = "$account" ] || printf '%s\n' "$topic_arn" >>"$work/foreign"
    done <"$work/topics"
    topics
    # A key of another account is asked for there.
    awk -F : -v region="$region" -v account="$account" '$4 == region && $5 "" == account ""' \
        <"$work/trail.keys" >>"$work/bus.keys"
    cp "$work/bus.keys" "$work/keys"
    keys
}

# --- an account -----------------------------------------------------------------------------------------------------

# trails_of FILE: adds ARN, home region and log group ARN of each trail to the file "trails", and its key to "trail.keys".
trails_of() {
    members "$1" TrailARN HomeRegion CloudWatchLogsLogGroupArn >>"$work/trails"
    members "$1" KmsKeyId >>"$work/trail.keys"
}

# known_region FILE REGION: adds a Region to the file.
known_region() {
    if is_region "$2"; then
        printf '%s\n' "$2" >>"$1"
    else
        say "  $account: left out what is not the name of a Region: $2"
    fi
}

# is_home REGION: whether it can be the home Region of a trail.
is_home() {
    is_region "$1" && return
    say "  $account: left out a trail whose home Region is not the name of a Region: $1"
    return 1
}

# account_pass: everything about $account, with the credentials that are set.
account_pass() {
    say "account $account"
    work="$out/.work"
    rm -rf "$work"
    mkdir -p "$work"
    : >"$work/foreign"
    : >"$work/trails"
    : >"$work/trail.keys"

    region=$(global_region)
    if ask account list-regions; then
        members "$file" RegionName RegionOptStatus | grep -v "${tab}DISABLED\$" | cut -f 1 >"$work/enabled"
    else
        : >"$work/enabled"
    fi
    [ -s "$work/enabled" ] || always_enabled >"$work/enabled"
    ask organizations describe-organization
    if [ -n "$wanted" ]; then
        # shellcheck disable=SC2086 # names of regions, separated by blanks
        printf '%s\n' $wanted >"$work/enabled"
    fi
    : >"$work/regions.unsorted"
    each known_region "$work/regions.unsorted" <"$work/enabled"
    sort -u "$work/regions.unsorted" >"$work/regions"

    while IFS= read -r region; do
        ask cloudtrail describe-trails includeShadowTrails=true && trails_of "$file"
    done <"$work/regions"

    # A trail that its home region did not tell is asked for by name, there.
    if [ -z "$wanted" ]; then
        region=$home
        grep -Fqxe "$home" "$work/regions" || region=$(head -n 1 "$work/regions")
        if ask cloudtrail list-trails; then
            members "$file" TrailARN HomeRegion >"$work/listed"
            while IFS="$tab" read -r trail_arn region; do
                cut -f 1 "$work/trails" | grep -Fqxe "$trail_arn" && continue
                case $trail_arn in
                    arn:*) ;;
                    *) continue ;;
                esac
                if is_home "$region"; then
                    ask cloudtrail describe-trails "trailNameList[]=$trail_arn" includeShadowTrails=true \
                        && trails_of "$file"
                fi
            done <"$work/listed"
        fi
    fi
    sort -u "$work/trails" >"$work/trails.sorted"

    # Status and selectors in the home region by full ARN; the regions and log groups to look into.
    : >"$work/deep"
    any_may_log=
    while IFS="$tab" read -r trail_arn region group_arn; do
        is_home "$region" || continue
        ask cloudtrail get-trail-status "Name=$trail_arn"
        grep -q '^    "IsLogging": false' "$out/$file" || any_may_log=1
        ask cloudtrail get-event-selectors "TrailName=$trail_arn"
        printf '%s\t\n' "$region" >>"$work/deep"
        group_region=$(part "$group_arn" 4)
        if [ "$(part "$group_arn" 5)" = "$account" ] && is_region "$group_region"; then
            group_name=${group_arn#*:log-group:}
            printf '%s\t%s\n' "$group_region" "${group_name%:\*}" >>"$work/deep"
        fi
    done <"$work/trails.sorted"

    # Where no trail logs, records may come another way: by channels of services, and by telemetry rules of CloudWatch.
    if [ -z "$any_may_log" ]; then
        cut -f 1 "$work/deep" | sort -u - "$work/regions" >"$work/other.regions"
        while IFS= read -r region; do
            ask cloudtrail list-channels
            ask observabilityadmin list-telemetry-rules
        done <"$work/other.regions"
    fi

    cut -f 1 "$work/deep" | sort -u >"$work/deep.regions"
    while IFS= read -r region; do
        awk -F "$tab" -v region="$region" '$1 == region && $2 != "" { print $2 }' <"$work/deep" \
            | sort -u >"$work/groups"
        deep
    done <"$work/deep.regions"

    # Event rules: another way to be told.
    sort -u "$work/regions" "$work/deep.regions" >"$work/all.regions"
    while IFS= read -r region; do
        event_rules
    done <"$work/all.regions"

    # Topics of other accounts: their owners are asked at the end.
    sort -u "$work/foreign" >>"$out/.foreign"
    rm -rf "$work"
}

# owned_topics: the topics of $account that alarms of other accounts name.
owned_topics() {
    work="$out/.work"
    mkdir -p "$work"
    awk -F : -v account="$account" '$5 "" == account ""' <"$out/.foreign" | sort -u >"$work/owned"
    cut -d : -f 4 "$work/owned" | sort -u >"$work/owned.regions"
    while IFS= read -r region; do
        is_region "$region" || continue
        awk -F : -v region="$region" '$4 == region' <"$work/owned" >"$work/topics"
        topics
    done <"$work/owned.regions"
    rm -rf "$work"
}

# as_member FUNCTION ACCOUNT: calls the function with the credentials of the role in a member account.
as_member() {
    if ! is_account "$2"; then
        say "  left out what is not an account id: $2"
        return
    fi
    account=$2
    if [ "$2" = "$caller" ]; then
        "$1"
        return
    fi
    role_arn="arn:$(partition_of "$home"):iam::$2:role/$role"
    region=$home
    # The answer holds credentials: it goes into variables and is not written down.
    set -- "$1" --role-arn="$role_arn" --role-session-name=trailproof --output=text \
        --query='Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'
    [ -z "$external_id" ] || set -- "$@" --external-id="$external_id"
    pass=$1
    shift
    credentials=$(LC_ALL=$language aws sts assume-role --region="$home" "$@" 2>"$out/.error" </dev/null)
    assumed=$?
    if [ "$assumed" -ne 0 ]; then
        # Once, in the first of the two passes.
        if [ "$pass" = account_pass ]; then
            begin sts assume-role
            : >"$out/$file"
            clean <"$out/.error" >"$out/$file.error"
            note sts assume-role "$assumed" "RoleArn=$role_arn"
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
    [ "$pass" != account_pass ] || ask sts get-caller-identity
    "$pass"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    if [ -n "$saved_profile" ]; then AWS_PROFILE=$saved_profile && export AWS_PROFILE; fi
    if [ -n "$saved_key" ]; then AWS_ACCESS_KEY_ID=$saved_key && export AWS_ACCESS_KEY_ID; fi
    if [ -n "$saved_secret" ]; then AWS_SECRET_ACCESS_KEY=$saved_secret && export AWS_SECRET_ACCESS_KEY; fi
    if [ -n "$saved_token" ]; then AWS_SESSION_TOKEN=$saved_token && export AWS_SESSION_TOKEN; fi
}

# --- the work -------------------------------------------------------------------------------------------------------

home=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null)}}
home=${home:-us-east-1}
if ! is_region "$home"; then
    say "error: the Region of the AWS CLI is not the name of a Region: $home"
    rmdir "$out"
    exit 2
fi
if ! caller=$(LC_ALL=$language aws sts get-caller-identity --region="$home" --query=Account --output=text </dev/null) \
    || ! is_account "$caller"; then
    say "error: AWS does not accept the credentials"
    rmdir "$out"
    exit 1
fi
# An older AWS CLI would leave log alarms out of what it prints, as if there were none: then they are not asked for, and
# the import says so. The skeleton of an answer (or, from some versions, a complaint about it)
# comes from the AWS CLI itself, without a call.
alarm_types="MetricAlarm CompositeAlarm LogAlarm"
if ! aws cloudwatch describe-alarms --region="$home" --generate-cli-skeleton=output </dev/null 2>&1 \
    | grep -q LogAlarms; then
    alarm_types="MetricAlarm CompositeAlarm"
    say "warning: this AWS CLI does not know log alarms; a newer one would show them"
fi
account=$caller
region=$home
ask sts get-caller-identity
: >"$out/.foreign"

if [ -z "$role" ]; then
    account_pass
else
    region=$(global_region)
    if ! ask organizations list-accounts; then
        say "error: the accounts of the organization cannot be listed"
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

tar -cf - "$out" >"$out.tar" || exit 1
failed=$(awk -F "$tab" '$6 != 0' <"$out/calls.tsv" | wc -l)
say "wrote $out and $out.tar: $number calls, $((failed)) failed"
