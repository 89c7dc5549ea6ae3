import { endures } from './_endures.ts';
import { unreadSocket } from './_outputs.ts';

endures('an unread socket', unreadSocket);
