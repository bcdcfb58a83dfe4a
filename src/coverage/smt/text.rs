//! Texts in SMT-LIB: literals, values with `*` (D4), decimal numbers (D5) and what stands around a text.

use crate::pattern::ast::Order;

/// A string literal: printable ASCII as it is, everything else by its number.
pub(super) fn literal(text: &str) -> Result<String, String> {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\"\""),
            ' '..='~' if letter != '\\' => out.push(letter),
            _ if u32::from(letter) > 0x2_FFFF => {
                return Err(format!("SMT-LIB has no character `{letter}`"));
            }
            _ => out.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
        }
    }
    out.push('"');
    Ok(out)
}

/// The operator over the parts.
pub(super) fn joined(operator: &str, none: &str, parts: &[String]) -> String {
    match parts {
        [] => none.to_owned(),
        [only] => only.clone(),
        parts => format!("({operator} {})", parts.join(" ")),
    }
}

/// The regular expression of one text.
pub(super) fn word(text: &str) -> Result<String, String> {
    Ok(format!("(str.to_re {})", literal(text)?))
}

/// One after the other.
pub(super) fn sequence(parts: Vec<String>) -> String {
    join("re.++", parts, "(str.to_re \"\")")
}

/// Any of them.
pub(super) fn either(parts: Vec<String>) -> String {
    join("re.union", parts, "re.none")
}

fn join(operator: &str, mut parts: Vec<String>, none: &str) -> String {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => format!("({operator} {} {last})", parts.join(" ")),
        _ => none.to_owned(),
    }
}

/// `at` is `value`, in which `*` is a wildcard read from left to right at the first occurrence of what follows (D4).
///
/// `l0*l1*...*ln` is the set `l0.*l1.*...ln` without those of its members from which the last piece could have been taken
/// earlier: a member followed by something more. A value that ends in `*` has nothing to take.
pub(super) fn glob(at: &str, value: &str) -> Result<String, String> {
    let pieces: Vec<&str> = value.split('*').collect();
    Ok(match pieces.as_slice() {
        [text] => format!("(= {at} {})", literal(text)?),
        ["", ""] => "true".to_owned(),
        [start, ""] => format!("(str.prefixof {} {at})", literal(start)?),
        ["", inner, ""] => format!("(str.contains {at} {})", literal(inner)?),
        pieces => {
            let mut parts = Vec::new();
            for (index, piece) in pieces.iter().enumerate() {
                if index > 0 {
                    parts.push("re.all".to_owned());
                }
                if !piece.is_empty() {
                    parts.push(word(piece)?);
                }
            }
            let all = sequence(parts);
            if pieces.last().is_some_and(|last| last.is_empty()) {
                format!("(str.in_re {at} {all})")
            } else {
                format!(
                    "(and (str.in_re {at} {all}) (not (str.in_re {at} (re.++ {all} re.allchar re.all))))"
                )
            }
        }
    })
}

/// The name of the set that [`PLAIN`] defines.
pub(super) const PLAIN_NAME: &str = "plain-decimal";

/// The numbers that are compared: plain decimals of at most fifteen digits, without exponent and without negative zero (D5,
/// D26).
pub(super) const PLAIN: &str = "(define-fun plain-decimal () RegLan (re.diff \
    (re.++ (re.opt (str.to_re \"-\")) (re.union (str.to_re \"0\") \
    (re.++ (re.range \"1\" \"9\") ((_ re.loop 0 14) (re.range \"0\" \"9\"))) \
    (re.inter ((_ re.loop 3 16) re.allchar) \
    (re.++ (re.union (str.to_re \"0\") (re.++ (re.range \"1\" \"9\") (re.* (re.range \"0\" \"9\")))) \
    (str.to_re \".\") (re.+ (re.range \"0\" \"9\")))))) \
    (re.++ (str.to_re \"-0\") (re.opt (re.++ (str.to_re \".\") (re.+ (str.to_re \"0\")))))))";

/// Whether a text with wildcards can be a plain decimal at all.
pub(super) fn may_be_number(value: &str) -> bool {
    value
        .chars()
        .all(|letter| letter.is_ascii_digit() || "*.-".contains(letter))
}

/// Plain decimals that equal `constant`.
pub(super) fn equal(at: &str, constant: &str) -> Result<String, String> {
    let constant = Constant::read(constant)?;
    let size = constant.same_size()?;
    let texts = constant.signed(size)?;
    Ok(format!("(str.in_re {at} {texts})"))
}

/// Plain decimals on the side of `constant` that `order` names.
pub(super) fn ordered(at: &str, order: Order, constant: &str) -> Result<String, String> {
    let constant = Constant::read(constant)?;
    let equal = constant.signed(constant.same_size()?)?;
    let larger = constant.larger_size()?;
    // Of a positive constant the larger sizes are greater, of a negative one less.
    let (beyond_is_greater, beyond) = (!constant.negative, constant.signed(larger)?);
    let is = |texts: &str| format!("(str.in_re {at} {texts})");
    let (beyond, equal) = (is(&beyond), is(&equal));
    let (greater, less) = if beyond_is_greater {
        (beyond.clone(), format!("(not (or {beyond} {equal}))"))
    } else {
        (format!("(not (or {beyond} {equal}))"), beyond)
    };
    Ok(match order {
        Order::Greater => greater,
        Order::GreaterOrEqual => format!("(or {greater} {equal})"),
        Order::Less => less,
        Order::LessOrEqual => format!("(or {less} {equal})"),
    })
}

/// A constant as digits: the whole part without leading zeros (at least one digit), the fraction without trailing ones.
struct Constant {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Constant {
    fn read(text: &str) -> Result<Self, String> {
        let beyond = || format!("the number `{text}` is beyond what is compared exactly (D26)");
        let unsigned = text.trim_start_matches(['+', '-']);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let exponent: i32 = exponent.parse().map_err(|_| beyond())?;
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = format!("{before}{after}");
        let mut point = i32::try_from(before.len()).map_err(|_| beyond())? + exponent;
        while point < 0 && digits.len() < 40 {
            digits.insert(0, '0');
            point += 1;
        }
        while i32::try_from(digits.len()).map_err(|_| beyond())? < point && digits.len() < 40 {
            digits.push('0');
        }
        let point = usize::try_from(point).map_err(|_| beyond())?;
        let (whole, fraction) = digits.split_at_checked(point).ok_or_else(beyond)?;
        let (whole, fraction) = (
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0'),
        );
        if whole.len() + fraction.len() > 13 {
            return Err(beyond());
        }
        let zero = whole.is_empty() && fraction.is_empty();
        Ok(Self {
            negative: text.starts_with('-') && !zero,
            whole: if whole.is_empty() { "0" } else { whole }.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    /// With its sign before the size.
    fn signed(&self, size: String) -> Result<String, String> {
        Ok(if self.negative {
            sequence(vec![word("-")?, size])
        } else {
            size
        })
    }

    /// Texts without sign of this size.
    fn same_size(&self) -> Result<String, String> {
        let zeros = "(re.* (str.to_re \"0\"))".to_owned();
        if self.fraction.is_empty() {
            let tail = format!("(re.opt (re.++ (str.to_re \".\") (str.to_re \"0\") {zeros}))");
            Ok(sequence(vec![word(&self.whole)?, tail]))
        } else {
            let text = format!("{}.{}", self.whole, self.fraction);
            Ok(sequence(vec![word(&text)?, zeros]))
        }
    }

    /// Texts without sign of a larger size.
    fn larger_size(&self) -> Result<String, String> {
        let digit = "(re.range \"0\" \"9\")";
        let digits = format!("(re.* {digit})");
        let tail = format!("(re.opt (re.++ (str.to_re \".\") {digit} {digits}))");
        // A longer whole part; one of equal length with a greater digit; the same and a greater fraction.
        let longer = format!("((_ re.^ {}) {digit})", self.whole.len());
        let mut ways = vec![sequence(vec![
            "(re.range \"1\" \"9\")".to_owned(),
            longer,
            digits.clone(),
            tail.clone(),
        ])];
        for (at, beyond) in greater_digits(&self.whole) {
            let kept = self.whole.get(..at).unwrap_or_default();
            let left = format!("((_ re.^ {}) {digit})", self.whole.len() - at - 1);
            ways.push(sequence(vec![word(kept)?, beyond, left, tail.clone()]));
        }
        let point = word(&format!("{}.", self.whole))?;
        for (at, beyond) in greater_digits(&self.fraction) {
            let kept = self.fraction.get(..at).unwrap_or_default();
            ways.push(sequence(vec![
                point.clone(),
                word(kept)?,
                beyond,
                digits.clone(),
            ]));
        }
        ways.push(sequence(vec![
            point,
            word(&self.fraction)?,
            digits.clone(),
            "(re.range \"1\" \"9\")".to_owned(),
            digits,
        ]));
        Ok(either(ways))
    }
}

/// Each place of `digits` that can be exceeded, with the set of the digits that do.
fn greater_digits(digits: &str) -> impl Iterator<Item = (usize, String)> {
    digits.bytes().enumerate().filter_map(|(at, digit)| {
        let next = char::from(digit.checked_add(1)?);
        next.is_ascii_digit()
            .then(|| (at, format!("(re.range \"{next}\" \"9\")")))
    })
}
