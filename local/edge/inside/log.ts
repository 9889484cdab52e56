/**
 * Module `log`: the specifiers that Akamai documents; other arguments are dropped, as there.
 *
 * @param tellsPlace whether `write` is given the stack: it costs time
 */
export function insideLog(write: (level: string, message: string, stack: string) => void, tellsPlace: () => boolean) {
  const show = (specifier: string, value: unknown): string => {
    switch (specifier) {
      case '%d':
      case '%i':
        return String(Math.trunc(Number(value)));
      case '%f':
        return String(Number(value));
      case '%s':
        return String(value);
      default:
        return String(JSON.stringify(value));
    }
  };
  const level =
    (name: string) =>
    (format: unknown, ...values: unknown[]) => {
      let next = 0;
      const message = String(format).replace(/%[sdifoO]/g, (specifier) =>
        next < values.length ? show(specifier, values[next++]) : specifier,
      );
      write(name, message, tellsPlace() ? String(new Error().stack) : '');
    };
  return {
    logger: {
      log: level('log'),
      trace: level('trace'),
      debug: level('debug'),
      info: level('info'),
      warn: level('warn'),
      error: level('error'),
    },
  };
}
