/** Whether a response with this status never has a body, whatever its headers say (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304;
