import { endures } from './endures.ts';
import { closedTerminal, stoppedTerminal } from './outputs.ts';

endures('a terminal that is closed', closedTerminal);
endures('a terminal that stands still', stoppedTerminal);
