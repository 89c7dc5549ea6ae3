import { endures } from './endures.ts';
import { fullDevice, limitedFile } from './outputs.ts';

endures('a device that is full', fullDevice);
endures('a file that may not grow', limitedFile);
