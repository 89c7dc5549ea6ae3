import { endures } from './_endures.ts';
import { closedPipe, unreadPipe } from './_outputs.ts';

endures('an unread pipe', unreadPipe);
endures('a pipe whose reader has exited', closedPipe);
