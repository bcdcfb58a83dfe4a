//! The decision against every event of a small vocabulary.
//!
//! What each single condition says of each event comes from the plain matcher; what a whole pattern says is put
//! together from that by truth tables. A yes is wrong if some event of the vocabulary is required and missed, under the
//! recommended semantics, or under any semantics where no assumption was named. A no must come with an event that the
//! plain matcher confirms. An answer of unknown is a failure: small pairs are always decided.

use serde_json::{Value, json};
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};
use trailproof::pattern::{Matcher, Semantics, parse};

/// Random numbers that are the same in every run (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// A pattern as a tree over the conditions of a vocabulary.
#[derive(Debug, Clone)]
enum Tree {
    Test(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn random(random: &mut Random, conditions: usize, depth: usize) -> Self {
        if depth == 0 || random.below(3) == 0 {
            return Self::Test(random.below(conditions));
        }
        let parts = (0..2 + random.below(2))
            .map(|_| Self::random(random, conditions, depth - 1))
            .collect();
        if random.below(2) == 0 {
            Self::All(parts)
        } else {
            Self::Any(parts)
        }
    }

    /// A tree that has something to do with this one, so that both answers are common.
    fn related(&self, random: &mut Random, conditions: usize) -> Self {
        let other = Self::random(random, conditions, 1);
        match (random.below(6), self) {
            (0, _) => Self::random(random, conditions, 2),
            (1 | 2, _) => Self::Any(vec![self.clone(), other]),
            (3, _) => Self::All(vec![self.clone(), other]),
            (_, Self::All(parts)) => {
                Self::Any(parts.iter().rev().cloned().chain([other]).collect())
            }
            (_, Self::Any(parts)) => {
                Self::Any(parts.iter().skip(1).cloned().chain([other]).collect())
            }
            (_, Self::Test(_)) => other,
        }
    }

    fn text(&self, conditions: &[&str]) -> String {
        let join = |parts: &[Self], by: &str| {
            parts
                .iter()
                .map(|part| format!("({})", part.text(conditions)))
                .collect::<Vec<_>>()
                .join(by)
        };
        match self {
            Self::Test(at) => conditions[*at].to_owned(),
            Self::All(parts) => join(parts, " && "),
            Self::Any(parts) => join(parts, " || "),
        }
    }

    /// The events that the pattern matches, from those that its conditions match.
    fn matched(&self, table: &[Events]) -> Events {
        let fold = |parts: &[Self], join: fn(u64, u64) -> u64| {
            let mut all = parts.iter().map(|part| part.matched(table));
            let first = all.next().expect("two parts or more");
            all.fold(first, |left, right| {
                left.iter()
                    .zip(&right)
                    .map(|(left, right)| join(*left, *right))
                    .collect()
            })
        };
        match self {
            Self::Test(at) => table[*at].clone(),
            Self::All(parts) => fold(parts, |left, right| left & right),
            Self::Any(parts) => fold(parts, |left, right| left | right),
        }
    }
}

struct Vocabulary {
    name: &'static str,
    conditions: Vec<&'static str>,
    events: Vec<Value>,
}

/// Events with each combination of the fields; none leaves the field out.
fn product(fields: &[(&str, Vec<Option<Value>>)]) -> Vec<Value> {
    let mut events = vec![json!({})];
    for (name, values) in fields {
        events = events
            .into_iter()
            .flat_map(|event| {
                values.iter().map(move |value| {
                    let mut event = event.clone();
                    if let Some(value) = value {
                        event[*name] = value.clone();
                    }
                    event
                })
            })
            .collect();
    }
    events
}

fn some(values: Vec<Value>) -> Vec<Option<Value>> {
    [None]
        .into_iter()
        .chain(values.into_iter().map(Some))
        .collect()
}

/// Every text over `x` and `y` up to a length.
fn texts(length: usize) -> Vec<Value> {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|text| [format!("{text}x"), format!("{text}y")])
            .collect();
        texts.extend(last.iter().cloned());
    }
    texts.into_iter().map(Value::String).collect()
}

fn vocabularies() -> Vec<Vocabulary> {
    let scalars = || {
        some(vec![
            json!(null),
            json!(true),
            json!(false),
            json!("x"),
            json!("xy"),
            json!("true"),
            json!(""),
            json!(1),
            json!({}),
            json!([]),
        ])
    };
    let numbers = || {
        some(vec![
            json!(0),
            json!(1),
            json!(1.5),
            json!(2),
            json!(12),
            json!(-1),
            json!("1"),
            json!("12"),
            json!("a"),
            json!(true),
            serde_json::from_str("1.0").unwrap(),
            serde_json::from_str("2.50").unwrap(),
        ])
    };
    let trees = some(vec![
        json!(null),
        json!("x"),
        json!({}),
        json!([]),
        json!({"b": null}),
        json!({"b": "x"}),
        json!({"b": "y"}),
        json!({"b": {}}),
        json!({"b": {"c": "x"}}),
        json!({"b": {"c": null}}),
        json!(["x"]),
        json!([null]),
        json!([{"b": "x"}]),
        json!(["y", {"b": "x"}]),
        json!([{"b": "y"}, {"b": "x"}]),
        json!([{"b": "y"}, "x"]),
        json!([[], "x"]),
        json!([["x"], ["y"]]),
    ]);
    let mut lists = vec![json!(null), json!("x"), json!({"0": "x"}), json!([])];
    let elements = [
        json!("x"),
        json!("y"),
        json!(null),
        json!(true),
        json!({"b": "x"}),
        json!({"b": 1}),
        json!({}),
    ];
    for first in &elements {
        lists.push(json!([first]));
        for second in &elements {
            lists.push(json!([first, second]));
            lists.push(json!([first, second, "z"]));
        }
    }
    let mut objects = vec![json!(null), json!("x"), json!({}), json!(["x"])];
    for first in &elements {
        objects.push(json!({"b": first}));
        for second in &elements {
            objects.push(json!({"b": first, "c": second}));
            objects.push(json!({"d": first, "c": second}));
        }
    }
    vec![
        Vocabulary {
            name: "scalars",
            conditions: vec![
                "$.a = x",
                "$.a != x",
                "$.a = x*",
                "$.a != *y",
                "$.a = *",
                "$.a NOT EXISTS",
                "$.a IS NULL",
                "$.a IS TRUE",
                "$.a = true",
                "$.b = \"\"",
                "$.b != xy",
                "$.b NOT EXISTS",
                "$.b IS FALSE",
                "$.b = 1",
                "$.b = *x*",
                "$.b != true",
                "$.b < 2",
            ],
            events: product(&[("a", scalars()), ("b", scalars())]),
        },
        Vocabulary {
            name: "numbers",
            conditions: vec![
                "$.a = 1",
                "$.a != 1",
                "$.a = \"1\"",
                "$.a != \"1.0\"",
                "$.a > 1",
                "$.a >= 1",
                "$.a < 1.5",
                "$.a <= 1.5",
                "$.a = 1*",
                "$.a != *.5",
                "$.a = 1.0",
                "$.a = %2%",
                "$.a NOT EXISTS",
                "$.a < -0.5",
                "$.b > 1",
                "$.b = 12",
                "$.b != 2",
                "$.b IS TRUE",
                "$.b = 1e0",
            ],
            events: product(&[("a", numbers()), ("b", numbers())]),
        },
        Vocabulary {
            name: "trees",
            conditions: vec![
                "$.a = x",
                "$.a NOT EXISTS",
                "$.a IS NULL",
                "$.a.b = x",
                "$.a.b != x",
                "$.a.b NOT EXISTS",
                "$.a.b IS NULL",
                "$.a.b.c = x",
                "$.a.b.c NOT EXISTS",
                "$.a[0] = x",
                "$.a[0] NOT EXISTS",
                "$.a[1] NOT EXISTS",
                "$.a[1].b = x",
                "$.a[0].b != x",
                "$.a[0] IS NULL",
                "$.a[1] = x",
                "$.a[1][0] = y",
                "$.a[1].b NOT EXISTS",
            ],
            events: product(&[("a", trees)]),
        },
        Vocabulary {
            name: "elements",
            conditions: vec![
                "$.a[*] = x",
                "$.a[*] != x",
                "$.a[*] NOT EXISTS",
                "$.a[*] IS NULL",
                "$.a[*] IS TRUE",
                "$.a[*].b = x",
                "$.a[*].b != x",
                "$.a[*].b NOT EXISTS",
                "$.a[0] = x",
                "$.a[1] = y",
                "$.a[1] NOT EXISTS",
                "$.a[0] NOT EXISTS",
                "$.a NOT EXISTS",
                "$.a[*] = z",
                "$.a[*].b > 0",
                "$.a[0].b = x",
            ],
            events: product(&[("a", some(lists))]),
        },
        Vocabulary {
            name: "properties",
            conditions: vec![
                "$.a.* = x",
                "$.a.* != x",
                "$.a.* NOT EXISTS",
                "$.a.* IS NULL",
                "$.a.*.b = x",
                "$.a.*.b NOT EXISTS",
                "$.a.b = x",
                "$.a.c != y",
                "$.a.d NOT EXISTS",
                "$.a NOT EXISTS",
                "$.a.b IS TRUE",
                "$.a.*.b >= 1",
                "$.a.b.b = x",
            ],
            events: product(&[("a", some(objects))]),
        },
        Vocabulary {
            name: "texts",
            conditions: vec![
                "$.a = x",
                "$.a = \"\"",
                "$.a = x*",
                "$.a = *x",
                "$.a = *x*",
                "$.a = x*y",
                "$.a = *x*y",
                "$.a = xx*yy",
                "$.a = *xy",
                "$.a = *xyx",
                "$.a != y*",
                "$.a != *y*x*",
                "$.a = %xy+x%",
                "$.a = %^x|y$%",
                "$.a != %^[^x]%",
                "$.a = %^.{2,3}$%",
                "$.a = *y*y*",
                "$.a NOT EXISTS",
                "$.a = yx",
                "$.a != xyxy",
            ],
            events: product(&[("a", some(texts(6)))]),
        },
    ]
}

/// A set of events, one bit each.
type Events = Vec<u64>;

/// The events that each condition matches, under each setting.
struct Table {
    settings: Vec<Semantics>,
    matched: Vec<Vec<Events>>,
}

impl Table {
    fn new(vocabulary: &Vocabulary) -> Self {
        let settings: Vec<Semantics> = Semantics::all().collect();
        let matched = settings
            .iter()
            .map(|setting| {
                vocabulary
                    .conditions
                    .iter()
                    .map(|condition| {
                        let pattern = parse(&format!("{{ {condition} }}")).expect(condition);
                        let matcher = Matcher::new(&pattern, setting);
                        let mut matched = vec![0_u64; vocabulary.events.len().div_ceil(64)];
                        for (at, event) in vocabulary.events.iter().enumerate() {
                            matched[at / 64] |=
                                u64::from(matcher.matches_event(event)) << (at % 64);
                        }
                        matched
                    })
                    .collect()
            })
            .collect();
        Self { settings, matched }
    }

    /// An event that is required and missed under a setting.
    fn missed(&self, setting: usize, required: &Tree, deployed: &Tree) -> Option<usize> {
        let table = &self.matched[setting];
        let (required, deployed) = (required.matched(table), deployed.matched(table));
        let (word, missed) = required
            .iter()
            .zip(&deployed)
            .map(|(required, deployed)| required & !deployed)
            .enumerate()
            .find(|(_, missed)| *missed != 0)?;
        Some(word * 64 + missed.trailing_zeros() as usize)
    }
}

/// Decides `pairs` random pairs and returns how many were yes and no.
fn run(vocabulary: &Vocabulary, seed: u64, pairs: usize) -> (usize, usize) {
    let table = Table::new(vocabulary);
    let recommended = table
        .settings
        .iter()
        .position(|setting| *setting == Semantics::default())
        .unwrap();
    let mut random = Random::new(seed);
    let (mut yes, mut no) = (0, 0);
    for _ in 0..pairs {
        let required = Tree::random(&mut random, vocabulary.conditions.len(), 2);
        let deployed = required.related(&mut random, vocabulary.conditions.len());
        let texts = [&required, &deployed]
            .map(|tree| format!("{{ {} }}", tree.text(&vocabulary.conditions)));
        // At most two regular expressions and three wildcard selectors a pattern (D16).
        let [Ok(left), Ok(right)] = texts.each_ref().map(|text| parse(text)) else {
            continue;
        };
        let predicates = [&left, &right].map(Predicate::from_pattern);
        let [left, right] = &predicates;
        let say = || format!("{}: {} / {}", vocabulary.name, texts[0], texts[1]);
        match covers(left, right, &EventModel::none(), &Scope::default()) {
            Covers::Yes { assumptions } => {
                yes += 1;
                if let Some(event) = table.missed(recommended, &required, &deployed) {
                    panic!("a wrong yes: {} misses {}", say(), vocabulary.events[event]);
                }
                if assumptions.is_empty() {
                    for (at, setting) in table.settings.iter().enumerate() {
                        if let Some(event) = table.missed(at, &required, &deployed) {
                            panic!(
                                "an unnamed assumption: {} misses {} under {setting}",
                                say(),
                                vocabulary.events[event]
                            );
                        }
                    }
                }
            }
            Covers::No { missed } => {
                no += 1;
                let text = missed.to_string();
                let holds = [&texts[0], &texts[1]].map(|text_of| {
                    trailproof::pattern::matches(
                        &parse(text_of).unwrap(),
                        &text,
                        &Semantics::default(),
                    )
                });
                assert_eq!(
                    holds,
                    [true, false],
                    "a wrong witness: {} with {text}",
                    say()
                );
            }
            Covers::Unknown { reason } => panic!("undecided: {}: {reason:?}", say()),
        }
    }
    (yes, no)
}

/// Random pairs of patterns over all vocabularies in turn, the same in every run.
pub fn pairs(count: usize) -> Vec<(String, String)> {
    let vocabularies = vocabularies();
    let mut random = Random::new(0x50_1ce5);
    let mut pairs = Vec::new();
    for vocabulary in vocabularies.iter().cycle() {
        let required = Tree::random(&mut random, vocabulary.conditions.len(), 2);
        let deployed = required.related(&mut random, vocabulary.conditions.len());
        let [required, deployed] = [&required, &deployed]
            .map(|tree| format!("{{ {} }}", tree.text(&vocabulary.conditions)));
        // At most two regular expressions and three wildcard selectors a pattern (D16).
        if parse(&required).is_ok() && parse(&deployed).is_ok() {
            pairs.push((required, deployed));
        }
        if pairs.len() == count {
            break;
        }
    }
    pairs
}

/// 17,000 pairs of each of six vocabularies.
#[test]
fn the_decision_agrees_with_every_event_of_small_vocabularies() {
    let pairs: usize = std::env::var("TRAILPROOF_PAIRS")
        .ok()
        .and_then(|pairs| pairs.parse().ok())
        .unwrap_or(17_000);
    let handles: Vec<_> = vocabularies()
        .into_iter()
        .enumerate()
        .map(|(at, vocabulary)| {
            std::thread::spawn(move || {
                let counts = run(&vocabulary, 0x5eed + at as u64, pairs);
                (vocabulary.name, counts)
            })
        })
        .collect();
    for handle in handles {
        let (name, (yes, no)) = handle.join().expect("no disagreement");
        // Both answers are common, or the test would show little.
        assert!(
            yes * 10 > pairs && no * 10 > pairs,
            "{name}: {yes} yes, {no} no of {pairs}"
        );
    }
}
