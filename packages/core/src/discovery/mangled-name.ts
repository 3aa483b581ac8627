/** As minifiers begin: `a`, `_a`, `$`, `e1`. Classes of people begin with a capital letter, and are longer. */
const MINIFIED = /^(?:.|[a-z_$][\w$]|_.*|.*\$\d*)$/;

const SHORT = 2;

/**
 * Whether a name looks as if a minifier or a bundler had made it. Two letters of which the first is a capital may be
 * somebody's (`Io`, `Db`), unless most of the application's names are that short.
 *
 * @param all the derived names of the application
 */
export function looksMangled(name: string, all: readonly string[]): boolean {
  if (MINIFIED.test(name)) return true;
  const short = all.filter((each) => each.length <= SHORT);
  return name.length <= SHORT && short.length >= 2 && short.length * 2 > all.length;
}
