//! Text that is put together from constant parts, as the template engine would do it.

/// The value of an expression, if it is constant text.
pub(super) type Folded = Option<String>;

/// `'%s%s' % (a, b)`, also `%c`.
pub(super) fn percent(format: &str, given: &[String]) -> Option<String> {
    let mut out = String::new();
    let mut given = given.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let tail = after.strip_prefix(['s', 'c'])?;
        let value = given.next()?;
        match value.parse::<u32>().ok().and_then(char::from_u32) {
            Some(c) if after.starts_with('c') && value.len() > 1 => out.push(c),
            _ => out.push_str(value),
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// `'{}{1}'.format(a, b)`.
pub(super) fn braces(format: &str, args: &[Folded]) -> Folded {
    let mut out = String::new();
    let mut next = 0;
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (index, tail) = after.split_once('}')?;
        out.push_str(before);
        let at = if index.is_empty() {
            next
        } else {
            index.parse().ok()?
        };
        next += 1;
        out.push_str(args.get(at)?.as_ref()?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}
