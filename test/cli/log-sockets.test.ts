import { endures } from './_endures.ts';
import { unreadSocket } from './_outputs.ts';

endures('a socket that nothing reads', unreadSocket);
