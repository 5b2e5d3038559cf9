// contenders.hpp - the tables in which objects are found by name; the limit is ../table's.

#pragma once

#include "../table/contender.hpp"

namespace bench {

contender ours();
contender sharded_absl();
contender urcu_lfht();
contender libcuckoo_map();
contender xenium_vyukov();
contender tbb_hash_map();
contender libcds_michael();
contender sharded_mutex();
contender one_shared_mutex();

}  // namespace bench
