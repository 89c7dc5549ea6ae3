import { endures } from './endures.ts';
import { unreadSocket } from './outputs.ts';

endures('a socket that nothing reads', unreadSocket);
