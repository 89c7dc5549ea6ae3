/** An IPv4 address, a part of one at the end of a pattern, or an IPv6 address in brackets. */
export const isAddress = (host: string): boolean => /(?:^|\.)\d+$|\]$/.test(host);

/** Whether pages of this host come from the machine that the browser runs on. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:.*\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
