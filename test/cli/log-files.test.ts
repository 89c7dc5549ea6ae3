import { endures } from './_endures.ts';
import { fullDevice, fullDisk, limitedFile, mayMount } from './_outputs.ts';

endures('a device that is full', fullDevice);
if (mayMount) endures('a disk that fills up', fullDisk);
else endures('a file that may not grow', limitedFile);
