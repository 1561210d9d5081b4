/* Times of many packets, and the share of them that took no longer. */
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

class Times {
 public:
  void add(uint64_t ns) { values_.push_back(static_cast<uint32_t>(std::min<uint64_t>(ns, UINT32_MAX))); }

  /** ms; `share` from 0 to 1. */
  double at(double share) {
    if (values_.empty()) return 0;
    const auto place = std::min(values_.size() - 1, static_cast<size_t>(share * static_cast<double>(values_.size())));
    std::nth_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(place), values_.end());
    return values_[place] / 1e6;
  }

 private:
  std::vector<uint32_t> values_;
};
