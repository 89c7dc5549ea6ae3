import { endures } from './endures.ts';
import { closedTerminal, stoppedTerminal, unreadSocket } from './outputs.ts';

endures('a terminal that is closed', closedTerminal);
endures('a terminal that stands still', stoppedTerminal);
endures('a socket that nothing reads', unreadSocket);
