//! Patterns in which `*` stands for any text and `?` for one character: those of policies, and the principals of OpenSSH.
//!
//! `*` alone is read elsewhere: in filter patterns and event patterns a text is cut at its stars, where `?` is a character as
//! others are (`pattern::Glob`).

/// Whether the whole text matches the pattern. Takes characters, or bytes where one byte is what `?` stands for. Nothing is
/// allocated: where a text does not go on as the pattern does, the last star takes one character more; an earlier one need
/// not, since what the last begins with may come as late as it likes.
pub fn matches<T, I>(mut pattern: I, mut text: I) -> bool
where
    T: Copy + PartialEq + From<u8>,
    I: Iterator<Item = T> + Clone,
{
    let (star, one) = (T::from(b'*'), T::from(b'?'));
    // What follows the last star, and the text from where it was tried last.
    let mut last: Option<(I, I)> = None;
    loop {
        let (mut wanted, mut found) = (pattern.clone(), text.clone());
        match (wanted.next(), found.next()) {
            (Some(it), _) if it == star => {
                last = Some((wanted.clone(), text.clone()));
                pattern = wanted;
            }
            (None, None) => return true,
            (Some(it), Some(character)) if it == one || it == character => {
                (pattern, text) = (wanted, found);
            }
            // The text has ended before the pattern; later beginnings leave even less of it.
            (Some(_), None) => return false,
            _ => {
                let Some((after, from)) = &mut last else {
                    return false;
                };
                from.next();
                (pattern, text) = (after.clone(), from.clone());
            }
        }
    }
}
