export { shown } from '../../document/shown.ts';
