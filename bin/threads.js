// libuv has four threads, for disks and for `dns.lookup`. Five queues can each lose one to a disk that hangs: two
// outputs, files that options name, and reads and writes of the state directory. So the process gets five more, and
// buckets' names are still resolved. libuv reads the variable when it starts its threads, which is after this line.
process.env.UV_THREADPOOL_SIZE ??= '9';
