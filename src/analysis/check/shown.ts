export { shown } from '../../document/shown.ts';

/** Whether a value contains a user name, or a parameter of a query such as a signature. */
export const hasSecret = (value: string): boolean => /(?:^|:\/\/)[^/?#]*@|\?[^?=]*=/.test(value);
