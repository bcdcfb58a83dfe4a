//! What a collection tells while it runs. Showing it is the command line's business.

/// Something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// So many accounts will be asked.
    Accounts(usize),
    /// An account is asked now, in so many regions.
    Started {
        /// The account.
        account: &'a str,
        /// Number of regions.
        regions: usize,
    },
    /// One call came back.
    Answer {
        /// The account asked.
        account: &'a str,
        /// The region asked.
        region: &'a str,
        /// API operation name.
        operation: &'a str,
        /// Error code, where it brought no answer.
        error: Option<&'a str>,
    },
    /// A region of an account is done.
    Region {
        /// The account.
        account: &'a str,
        /// The region.
        region: &'a str,
    },
    /// An account is done.
    Finished {
        /// The account.
        account: &'a str,
    },
}

/// Who is told.
pub trait Observer: Send + Sync {
    /// Called from the collector's thread; must not block.
    fn event(&self, event: &Event<'_>);
}
