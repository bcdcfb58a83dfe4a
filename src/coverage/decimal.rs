//! Decimal numbers as text: comparison with a constant as an automaton, so that the value and the text of a number
//! (D5) are decided together.
//!
//! The domain is plain decimals of at most fifteen digits, without exponent and without negative zero: what D5 and D26
//! leave for counter-examples. On it the order of texts is the order of doubles.

use std::cmp::Ordering;

use crate::pattern::ast::Order;

/// The digits that a double keeps apart.
const DIGITS: u32 = 15;

/// The grammar of the domain.
#[derive(Debug)]
pub(super) struct Plain;

/// Where the grammar is: before the number, behind the sign, in a zero, in digits, behind the point, in the fraction.
const BEGIN: u32 = 0;
const SIGN: u32 = 1;
const ZERO: u32 = 2;
const WHOLE: u32 = 3;
const POINT: u32 = 4;
const FRACTION: u32 = 5;

impl Plain {
    pub(super) fn start(&self) -> u32 {
        BEGIN
    }

    /// State: phase, whether negative, whether a digit other than zero was read, digits read.
    pub(super) fn step(&self, state: u32, letter: char) -> Option<u32> {
        let (phase, negative, nonzero, count) =
            (state & 7, state >> 3 & 1, state >> 4 & 1, state >> 5);
        let pack = |phase: u32, negative: u32, nonzero: u32, count: u32| {
            (count <= DIGITS).then_some(phase | negative << 3 | nonzero << 4 | count << 5)
        };
        match (phase, letter) {
            (BEGIN, '-') => pack(SIGN, 1, 0, 0),
            (BEGIN | SIGN, '0') => pack(ZERO, negative, 0, 1),
            (BEGIN | SIGN, '1'..='9') => pack(WHOLE, negative, 1, 1),
            (WHOLE, '0'..='9') => pack(WHOLE, negative, 1, count + 1),
            (ZERO | WHOLE, '.') => pack(POINT, negative, nonzero, count),
            (POINT | FRACTION, '0') => pack(FRACTION, negative, nonzero, count + 1),
            (POINT | FRACTION, '1'..='9') => pack(FRACTION, negative, 1, count + 1),
            _ => None,
        }
    }

    pub(super) fn accepts_in(&self, state: u32) -> bool {
        let (phase, negative, nonzero) = (state & 7, state >> 3 & 1, state >> 4 & 1);
        matches!(phase, ZERO | WHOLE | FRACTION) && (negative == 0 || nonzero == 1)
    }

    /// Whether `text` is in the domain.
    pub(super) fn holds(text: &str) -> bool {
        let mut state = Some(BEGIN);
        for letter in text.chars() {
            state = state.and_then(|state| Self.step(state, letter));
        }
        state.is_some_and(|state| Self.accepts_in(state))
    }
}

/// A constant as exact digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without leading zeros; `0` where the whole part is zero.
    whole: Vec<u8>,
    /// Without trailing zeros.
    fraction: Vec<u8>,
}

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; none where it is something else or too large to write out.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes()).collect::<Vec<u8>>();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || exponent.abs() > 400 {
            return None;
        }
        let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let at = |index: i32| {
            usize::try_from(index)
                .ok()
                .and_then(|index| digits.get(index))
                .copied()
                .unwrap_or(b'0')
        };
        let end = i32::try_from(digits.len()).ok()?;
        let mut whole: Vec<u8> = (0..point)
            .map(at)
            .skip_while(|digit| *digit == b'0')
            .collect();
        let mut fraction: Vec<u8> = (point..end.max(point)).map(at).collect();
        while fraction.last() == Some(&b'0') {
            fraction.pop();
        }
        let zero = whole.is_empty() && fraction.is_empty();
        if whole.is_empty() {
            whole.push(b'0');
        }
        Some(Self {
            negative: negative && !zero,
            whole,
            fraction,
        })
    }

    /// How many digits it takes to write it out.
    pub(super) fn digits(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }
}

/// Which side of the constant is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Equal to it.
    Equal,
    /// As the operator says.
    Order(Order),
}

/// Decimal texts by their relation to a constant. Expects texts of [`Plain`]; what it does with others is of no account.
#[derive(Debug)]
pub(super) struct Against {
    constant: Decimal,
    side: Side,
}

const EQUAL: u32 = 0;
const LESS: u32 = 1;
const GREATER: u32 = 2;

impl Against {
    pub(super) fn new(constant: Decimal, side: Side) -> Self {
        Self { constant, side }
    }

    pub(super) fn start(&self) -> u32 {
        0
    }

    /// State: magnitude so far (less, equal, greater), whether negative, whether behind the point, digits read.
    pub(super) fn step(&self, state: u32, letter: char) -> u32 {
        let (size, negative, behind, count) =
            (state & 3, state >> 2 & 1, state >> 3 & 1, state >> 4);
        let pack = |size: u32, negative: u32, behind: u32, count: u32| {
            size | negative << 2 | behind << 3 | count << 4
        };
        match letter {
            '-' => pack(size, 1, behind, count),
            '.' => pack(self.whole_size(size, count), negative, 1, 0),
            digit => {
                let digit = u32::from(digit);
                let against = if behind == 0 {
                    &self.constant.whole
                } else {
                    &self.constant.fraction
                };
                let theirs = against
                    .get(count as usize)
                    .map_or(u32::from('0'), |digit| u32::from(*digit));
                let beyond = behind == 0 && count as usize >= against.len();
                let size = match digit.cmp(&theirs) {
                    _ if size != EQUAL || beyond => size,
                    Ordering::Less => LESS,
                    Ordering::Equal => EQUAL,
                    Ordering::Greater => GREATER,
                };
                let limit = u32::try_from(against.len() + 1).unwrap_or(u32::MAX);
                pack(size, negative, behind, (count + 1).min(limit))
            }
        }
    }

    /// The magnitude once the whole part has ended: the longer one is greater.
    fn whole_size(&self, size: u32, count: u32) -> u32 {
        match (count as usize).cmp(&self.constant.whole.len()) {
            Ordering::Less => LESS,
            Ordering::Equal => size,
            Ordering::Greater => GREATER,
        }
    }

    pub(super) fn accepts_in(&self, state: u32) -> bool {
        let (size, negative, behind, count) =
            (state & 3, state >> 2 & 1 == 1, state >> 3 & 1, state >> 4);
        let size = if behind == 0 {
            self.whole_size(size, count)
        } else {
            size
        };
        let read = if behind == 0 { 0 } else { count as usize };
        let size = if size == EQUAL && read < self.constant.fraction.len() {
            LESS
        } else {
            size
        };
        let magnitude = match size {
            LESS => Ordering::Less,
            GREATER => Ordering::Greater,
            _ => Ordering::Equal,
        };
        let order = match (negative, self.constant.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        };
        match self.side {
            Side::Equal => order == Ordering::Equal,
            Side::Order(Order::Less) => order == Ordering::Less,
            Side::Order(Order::LessOrEqual) => order != Ordering::Greater,
            Side::Order(Order::Greater) => order == Ordering::Greater,
            Side::Order(Order::GreaterOrEqual) => order != Ordering::Less,
        }
    }
}
