// Uses the engine without a server: decides a preflight by a rule set, and prints the reason.
import { compileRules, explain, readDocument } from 'bucket-cors';

const document = readDocument(
  '{"CORSRule":{"AllowedOrigin":"https://app.example.com","AllowedMethod":["GET","PUT"],"AllowedHeader":"content-type"}}',
  'strict',
);
if (!document.ok) throw new Error(JSON.stringify(document.faults));

const rules = compileRules(document.ruleSet, {
  dialect: 'oss',
  vary: 'safe',
  dangerouslyAllowCredentials: false,
});
const preflight = {
  method: 'OPTIONS',
  origin: 'https://app.example.com',
  requestMethod: 'PUT',
  requestHeaders: 'content-type,x-oss-meta-author',
};
console.log(explain(rules, preflight, 'OBJECT').because);
